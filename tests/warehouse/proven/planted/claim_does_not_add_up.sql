update tasks.claim set content = jsonb_set(content, '{lines,1}', content #> '{lines,0}') where patient_control_number = 'TL1';
