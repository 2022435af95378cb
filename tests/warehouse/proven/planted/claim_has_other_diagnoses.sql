update tasks.claim set content = jsonb_set(content, '{diagnoses,2}', '"J44.9"') where patient_control_number = 'TL2';
