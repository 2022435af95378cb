update tasks.claim set content = jsonb_set(content, '{rendering_npi}', '"1000000002"') where patient_control_number = 'TL2';
