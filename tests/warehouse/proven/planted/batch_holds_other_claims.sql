update tasks.claim set batch_id = null, status = 'prepared' where patient_control_number = 'TL2';
