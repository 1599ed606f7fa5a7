-- The core's tables. Every root an actor owns has a `version`: a write names the version it saw, and who loses reloads.
-- Rows that belong to a person are guarded by row-level security as a second wall: the acting user (or `system`) is set
-- for each transaction in `stoa.acting`.
--
-- What hangs on a person's root (cart, wishlist, learner, order) has no foreign keys of its own to account and course: the root
-- refers to the account, accounts and courses are never deleted, and the check would lock the row of a popular course at
-- every write.

create table account (
  id            uuid primary key,
  number        bigint generated always as identity unique,
  email         text not null,
  email_key     text not null unique,
  username      text,
  username_key  text unique,
  password_hash text not null,
  first_name    text not null default '',
  last_name     text not null default '',
  bio           text not null default '',
  avatar_url    text not null default '',
  phone         text not null default '',
  country       text not null default '',
  timezone      text not null default '',
  track         text not null default '',
  preferences   jsonb not null default '{}',
  roles         integer not null default 1,
  roles_changed_at timestamptz,
  active        boolean not null default true,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  last_login_at timestamptz,
  version       bigint not null default 1
);

-- A session lives as long as its refresh tokens rotate. `rotations` keeps the last few [generation, microseconds] pairs for
-- answers that got lost.
create table session (
  id         uuid primary key,
  user_id    uuid not null references account on delete cascade,
  dialect    text not null,
  generation integer not null default 1,
  rotations  jsonb not null default '[]',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  version    bigint not null default 1
);
create index session_of_user on session (user_id) where revoked_at is null;
create index session_revoked on session (revoked_at) where revoked_at is not null;

-- Failed sign-ins by identifier, known or not, so that a lock reveals nothing.
create table sign_in_guard (
  identifier   text primary key,
  failures     timestamptz[] not null default '{}',
  locked_until timestamptz,
  version      bigint not null default 1
);

create table category (
  id     uuid primary key,
  number bigint generated always as identity unique,
  name   text not null,
  slug   text not null unique
);

create table course (
  id                   uuid primary key,
  number               bigint generated always as identity unique,
  instructor_id        uuid not null references account,
  category_id          uuid references category,
  title                text not null,
  slug                 text not null unique,
  short_description    text not null default '',
  description          text not null default '',
  detailed_description text not null default '',
  level                text not null default 'beginner' check (level in ('beginner', 'intermediate', 'advanced')),
  language             text not null default 'English',
  price_minor          bigint not null default 0 check (price_minor >= 0),
  original_price_minor bigint check (original_price_minor >= 0),
  currency             text not null default 'usd',
  thumbnail_url        text not null default '',
  preview_video_url    text not null default '',
  certificate_included boolean not null default true,
  outcomes             text[] not null default '{}',
  requirements         text[] not null default '{}',
  target_audience      text[] not null default '{}',
  tags                 text[] not null default '{}',
  duration_weeks       integer not null default 0,
  status               text not null default 'draft' check (status in ('draft', 'published', 'archived')),
  search               tsvector generated always as (
                         setweight(to_tsvector('simple', title), 'A') ||
                         setweight(to_tsvector('simple', short_description), 'B') ||
                         setweight(to_tsvector('simple', description), 'C')) stored,
  created_at           timestamptz not null,
  updated_at           timestamptz not null,
  published_at         timestamptz,
  version              bigint not null default 1
);
create index course_of_instructor on course (instructor_id);
create index course_published on course (published_at desc, id) where status = 'published';
create index course_of_category on course (category_id) where status = 'published';
create index course_price on course (price_minor, id) where status = 'published';
create index course_search on course using gin (search);

-- Numbers computed from what learners did: students by the event pump, ratings with the review's own transaction.
create table course_numbers (
  course_id    uuid primary key references course on delete cascade,
  students     bigint not null default 0,
  rating_count bigint not null default 0,
  rating_sum   bigint not null default 0,
  rating_1     bigint not null default 0,
  rating_2     bigint not null default 0,
  rating_3     bigint not null default 0,
  rating_4     bigint not null default 0,
  rating_5     bigint not null default 0
);

create table section (
  id          uuid primary key,
  number      bigint generated always as identity unique,
  course_id   uuid not null references course on delete cascade,
  title       text not null,
  description text not null default '',
  position    integer not null,
  created_at  timestamptz not null,
  updated_at  timestamptz not null
);
create index section_of_course on section (course_id, position);

create table lesson (
  id               uuid primary key,
  number           bigint generated always as identity unique,
  course_id        uuid not null references course on delete cascade,
  section_id       uuid not null references section on delete cascade,
  title            text not null,
  description      text not null default '',
  kind             text not null default 'video',
  duration_minutes integer not null default 0 check (duration_minutes >= 0),
  position         integer not null,
  is_preview       boolean not null default false,
  video_url        text not null default '',
  resources        text[] not null default '{}',
  content          text not null default '',
  created_at       timestamptz not null,
  updated_at       timestamptz not null
);
create index lesson_of_course on lesson (course_id);
create index lesson_of_section on lesson (section_id, position);

create table review (
  id            uuid primary key,
  course_id     uuid not null references course on delete cascade,
  user_id       uuid not null references account on delete cascade,
  rating        smallint not null check (rating between 1 and 5),
  title         text not null default '',
  comment       text not null default '',
  helpful_count bigint not null default 0,
  created_at    timestamptz not null,
  constraint review_once unique (course_id, user_id)
);
create index review_newest on review (course_id, created_at desc, id);
create index review_helpful on review (course_id, helpful_count desc, id);
create index review_of_user on review (user_id);

create table review_vote (
  review_id uuid not null references review on delete cascade,
  user_id   uuid not null references account on delete cascade,
  primary key (review_id, user_id)
);

create table cart (
  user_id    uuid primary key references account on delete cascade,
  id         uuid not null,
  version    bigint not null default 1,
  updated_at timestamptz not null
);

create table cart_item (
  id        uuid primary key,
  user_id   uuid not null,
  course_id uuid not null,
  added_at  timestamptz not null,
  constraint cart_item_once unique (user_id, course_id)
);

create table wishlist (
  user_id    uuid primary key references account on delete cascade,
  version    bigint not null default 1,
  updated_at timestamptz not null
);

create table wishlist_item (
  id        uuid primary key,
  user_id   uuid not null,
  course_id uuid not null,
  added_at  timestamptz not null,
  constraint wishlist_item_once unique (user_id, course_id)
);

create sequence order_number;
create sequence receipt_number;

create table customer_order (
  id                uuid primary key,
  user_id           uuid not null references account,
  order_number      text not null unique,
  status            text not null check (status in ('pending', 'completed', 'cancelled')),
  source            text not null default 'cart',
  subtotal_minor    bigint not null,
  discount_minor    bigint not null default 0,
  total_minor       bigint not null,
  currency          text not null,
  billing           jsonb,
  receipt_number    text unique,
  payment_provider  text not null default '',
  payment_reference text not null default '',
  created_at        timestamptz not null,
  completed_at      timestamptz,
  version           bigint not null default 1
);
create index order_of_user on customer_order (user_id, created_at desc, id);
create unique index order_pending_from_cart on customer_order (user_id) where status = 'pending' and source = 'cart';

create table order_item (
  id          uuid primary key,
  order_id    uuid not null references customer_order on delete cascade,
  user_id     uuid not null,
  course_id   uuid not null,
  title       text not null,
  price_minor bigint not null,
  position    integer not null
);
create index order_item_of_order on order_item (order_id, position);

-- The root of all that one person learns.
create table learner (
  user_id                uuid primary key references account on delete cascade,
  target_hours_per_month integer,
  version                bigint not null default 1,
  updated_at             timestamptz not null
);

create table enrollment (
  id               uuid primary key,
  number           bigint generated always as identity unique,
  user_id          uuid not null,
  course_id        uuid not null,
  order_id         uuid references customer_order,
  enrolled_at      timestamptz not null,
  last_accessed_at timestamptz not null,
  completed_at     timestamptz,
  constraint enrollment_once unique (user_id, course_id)
);
create index enrollment_of_course on enrollment (course_id);

create table lesson_progress (
  enrollment_id uuid not null references enrollment on delete cascade,
  lesson_id     uuid not null references lesson on delete cascade,
  user_id       uuid not null,
  number        bigint generated always as identity unique,
  completed_at  timestamptz,
  watch_seconds bigint not null default 0,
  updated_at    timestamptz not null,
  primary key (enrollment_id, lesson_id)
);
create index lesson_progress_of_user on lesson_progress (user_id);

-- Events of the commands' own transactions. Readers go only as far as no older transaction can still commit.
create table outbox (
  position bigint generated always as identity,
  xid      xid8 not null default pg_current_xact_id(),
  id       uuid not null,
  kind     text not null,
  user_id  uuid,
  entity   uuid not null,
  payload  jsonb not null default '{}',
  at       timestamptz not null,
  primary key (xid, position)
);

create table subscription_offset (
  name       text primary key,
  xid        xid8 not null,
  position   bigint not null,
  updated_at timestamptz not null default now()
);

-- Answers kept for Idempotency-Key. `scope` is a hash of caller, method, path and key.
create table idempotency (
  scope       text primary key,
  fingerprint text not null,
  status      integer,
  reply       jsonb,
  created_at  timestamptz not null,
  expires_at  timestamptz not null
);
create index idempotency_expiry on idempotency (expires_at);

do $$
declare
  owned text;
begin
  foreach owned in array array['cart', 'cart_item', 'wishlist', 'wishlist_item', 'customer_order', 'order_item', 'learner',
                               'enrollment', 'lesson_progress']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format($p$create policy own_rows on %I
      using (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')
      with check (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')$p$, owned);
  end loop;
end
$$;
