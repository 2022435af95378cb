-- depends: 0460.why-a-feed-did-not-come

-- People type a name without its marks, its hyphen or its apostrophe, and a record may have them, or lack them. Both are
-- compared by the same letters. Postgres' unaccent is not everywhere, and is not immutable: normalize() is both.
-- The letters that Unicode does not take apart are those of throughline.tasks.wire.letters.
create function core.name_key(name text)
returns text
language sql
immutable parallel safe
return case
    -- nearly every name: without this, a search that fits a thousand records takes 16 ms longer
    when octet_length(name) = length(name) then lower(translate(name, ' ''"`.,-', ''))
    else lower(regexp_replace(
        translate(
            replace(replace(replace(replace(replace(replace(replace(replace(
                normalize(name, nfkd),
                'ß', 'ss'), 'ẞ', 'ss'), 'Æ', 'ae'), 'æ', 'ae'), 'Œ', 'oe'), 'œ', 'oe'), 'Þ', 'th'), 'þ', 'th'),
            'ÐØðøĐđĦħıĸĿŀŁłŊŋŦŧƀƁƂƃƆƇƈƉƊƋƌƐƑƒƓƗƘƙƚƝƞƟƤƥƫƬƭƮƲƳƴƵƶƿǤǥǷȠȡȤȥȴȵȶȷȺȻȼȽȾȿɀɃɆɇɈɉɌɍɎɏ',
            'DODODDHHIQLLLLNNTTBBBBOCCDDDDEFFGIKKLNNOPPTTTTVYYZZWGGWNDZZLNTJACCLTSZBEEJJRRYY'
        ),
        '[\u0300-\u036f\s''"’‘‛ʼʻʽʾʿ′´`ꞌʹ·.,‐‑‒–—―−-]', '', 'g'
    ))
end;

comment on function core.name_key(text) is 'A name as it is searched for: lower case, letters without marks (José is jose, Weiß is weiss, Łukasz is lukasz), without blanks, hyphens, points and apostrophes. Letters of other scripts stay.';

grant execute on function core.name_key(text)
to throughline_loader, throughline_loop, throughline_reader, throughline_decider;

-- A person is searched for by the beginning of the name.
drop index core.patient_named;
create index patient_named on core.patient (
    core.name_key(family) text_pattern_ops, core.name_key(given) text_pattern_ops
) where retracted_seq is null;

-- ... and by a telephone number, with or without area and country code: by its last seven digits.
create index patient_telephone on core.patient ("right"(phone, 7)) where retracted_seq is null;
