-- reads: core.consent

-- What a patient agreed to or refused.
select
    r as record,
    'consent' as kind,
    r.category_code as code,
    coalesce(r.starts_at, r.recorded_at, left(r.source_version, 10)::timestamptz) as occurred_at,
    r.ends_at,
    jsonb_build_object('provision', r.provision) as detail
from core.consent as r
where coalesce(r.status, 'active') = 'active';

-- A refusal of contact is honoured at once (47 CFR 64.1200(a)(10) allows ten business days).
select
    r as record,
    'opt_out' as kind,
    r.category_code as code,
    coalesce(r.starts_at, r.recorded_at, left(r.source_version, 10)::timestamptz) as occurred_at,
    r.ends_at
from core.consent as r
where coalesce(r.status, 'active') = 'active' and r.provision = 'deny'
    and r.category_code in ('contact', 'automated_contact');
