update tasks.claim set content = jsonb_set(content, '{lines,0,code}', '"99215"') where patient_control_number = 'TL1';
