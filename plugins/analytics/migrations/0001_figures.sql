-- Numbers that events are added to; what a request shows is read by keys.

-- What is counted, of a course, of all that an instructor teaches, and of everything (the nil id). `teacher` is a course's;
-- `scores` is the sum of the attempts' scores.
create table figures (
  scope         text not null check (scope in ('course', 'instructor', 'system')),
  id            uuid not null,
  teacher       uuid not null,
  enrollments   bigint not null default 0,
  completions   bigint not null default 0,
  lessons       bigint not null default 0,
  attempts      bigint not null default 0,
  passed        bigint not null default 0,
  scores        bigint not null default 0,
  registrations bigint not null default 0,
  primary key (scope, id)
) with (fillfactor = 70);
create index figures_of_teacher on figures (teacher, enrollments desc, id) where scope = 'course';

-- The same by days (UTC).
create table day_figures (
  scope         text not null,
  id            uuid not null,
  day           date not null,
  enrollments   bigint not null default 0,
  completions   bigint not null default 0,
  lessons       bigint not null default 0,
  attempts      bigint not null default 0,
  passed        bigint not null default 0,
  scores        bigint not null default 0,
  registrations bigint not null default 0,
  primary key (scope, id, day)
) with (fillfactor = 70);

-- What was earned by days (UTC), in each currency, and all in all.
create table earned (
  scope    text not null,
  id       uuid not null,
  currency text not null,
  day      date not null,
  minor    bigint not null default 0,
  primary key (scope, id, currency, day)
) with (fillfactor = 70);
create table earned_in_all (
  scope    text not null,
  id       uuid not null,
  currency text not null,
  minor    bigint not null default 0,
  primary key (scope, id, currency)
) with (fillfactor = 70);

-- How many have finished a lesson.
create table lesson_figures (
  course_id   uuid not null,
  lesson_id   uuid not null,
  completions bigint not null default 0,
  primary key (course_id, lesson_id)
) with (fillfactor = 70);

-- How a question of a quiz was answered: how often it was asked, answered and right, and what part of its points was got.
create table question_figures (
  course_id   uuid not null,
  quiz_id     uuid not null,
  question_id uuid not null,
  asked       bigint not null default 0,
  answered    bigint not null default 0,
  correct     bigint not null default 0,
  earned      bigint not null default 0,
  points      bigint not null default 0,
  primary key (course_id, quiz_id, question_id)
) with (fillfactor = 70);

-- A learner's own.
create table learner_figures (
  user_id           uuid primary key,
  courses_enrolled  bigint not null default 0,
  courses_completed bigint not null default 0,
  lessons_completed bigint not null default 0,
  minutes           bigint not null default 0,
  quizzes_taken     bigint not null default 0,
  scores            bigint not null default 0
) with (fillfactor = 70);

-- What a learner did, by quarters of an hour: from these the days of any time zone are made up.
create table activity (
  user_id uuid not null,
  slot    timestamptz not null,
  lessons bigint not null default 0,
  minutes bigint not null default 0,
  primary key (user_id, slot)
) with (fillfactor = 80);
create index activity_by_age on activity (slot);

do $$
declare
  owned text;
begin
  foreach owned in array array['learner_figures', 'activity']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format($p$create policy own_rows on %I
                      using (user_id::text = (select current_setting('stoa.acting', true))
                             or (select current_setting('stoa.acting', true)) = 'system')
                      with check (user_id::text = (select current_setting('stoa.acting', true))
                                  or (select current_setting('stoa.acting', true)) = 'system')$p$, owned);
  end loop;
end
$$;

-- Facts before `since` are read once, as history; those from then on are heard as events. How far the reading is.
create table reading (
  only_one      boolean primary key default true check (only_one),
  since         timestamptz not null,
  part          text not null default 'people' check (part in ('people', 'sales', 'studies', 'done')),
  sale_at       timestamptz,
  sale_order    uuid,
  study_number  bigint not null default 0,
  step          bigint not null default 0
);
