-- What was issued, with what was written on it on that day. Rows are never deleted: a number is given once.
create table certificate (
  id              uuid primary key,
  user_id         uuid not null,
  enrollment_id   uuid not null,
  course_id       uuid not null,
  number          text not null,
  code            text not null,
  student_name    text not null,
  course_title    text not null,
  instructor_name text not null,
  completed_at    timestamptz not null,
  issued_at       timestamptz not null,
  revoked_at      timestamptz,
  revoked_reason  text not null default '',
  revoked_by      uuid,
  constraint certificate_enrollment unique (enrollment_id),
  constraint certificate_number unique (number),
  constraint certificate_code unique (code)
);
create index certificate_own on certificate (user_id, issued_at desc, id desc);

-- The last number of each year. Its row is locked until the certificate that takes the next one is committed, or is not:
-- so there are no gaps.
create table numbering (
  year integer primary key,
  last bigint not null
);

alter table certificate enable row level security;
alter table certificate force row level security;
create policy own_rows on certificate
  using (user_id::text = (select current_setting('stoa.acting', true))
         or (select current_setting('stoa.acting', true) = 'system'))
  with check (user_id::text = (select current_setting('stoa.acting', true))
              or (select current_setting('stoa.acting', true) = 'system'));
