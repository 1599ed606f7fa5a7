-- Tracks: what operators lead learners through, course by course, for one price.
create table track (
  code        text primary key check (code ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$'),
  title       text not null,
  description text not null default '',
  price_minor bigint not null default 0 check (price_minor >= 0),
  currency    text not null default 'usd',
  open        boolean not null default true,
  position    integer not null default 0,
  updated_at  timestamptz not null default now()
);
create unique index track_code on track (lower(code));

create table track_course (
  track_code text not null references track on update cascade on delete cascade,
  course_id  uuid not null references course on delete cascade,
  position   integer not null,
  primary key (track_code, course_id)
);
create index track_course_of_course on track_course (course_id);

insert into track (code, title, description, price_minor, position) values
  ('DP', 'Data Professional', 'From the first spreadsheet to models in production.', 99900, 1),
  ('FSD', 'Full-Stack Developer', 'From the first page to a service that others rely on.', 99900, 2);

-- One order of each bundle waits for its payment, as one of the cart does.
create unique index order_pending_from_bundle on customer_order (user_id, source)
  where status = 'pending' and source <> 'cart';
