-- Quizzes with their questions, and the attempts at them. A quiz is never deleted, only marked: attempts stay.
create table quiz (
  id                 uuid primary key,
  course_id          uuid not null references course on delete cascade,
  lesson_id          uuid references lesson on delete set null,
  title              text not null,
  description        text not null default '',
  time_limit_minutes integer check (time_limit_minutes > 0),
  passing_score      integer not null default 70 check (passing_score between 0 and 100),
  shuffle_questions  boolean not null default false,
  max_attempts       integer check (max_attempts > 0),
  draws              jsonb not null default '[]',
  created_at         timestamptz not null,
  updated_at         timestamptz not null,
  published_at       timestamptz,
  deleted            boolean not null default false,
  version            bigint not null default 1
);
create index quiz_of_course on quiz (course_id, created_at, id) where not deleted;
create index quiz_of_lesson on quiz (lesson_id) where not deleted;

create table quiz_question (
  id          uuid primary key,
  quiz_id     uuid not null references quiz on delete cascade,
  position    integer not null,
  text        text not null,
  type        text not null check (type in ('multiple_choice', 'multiple_select', 'true_false', 'short_answer')),
  options     text[] not null default '{}',
  correct     text[] not null,
  points      integer not null check (points > 0),
  explanation text not null default '',
  tags        text[] not null default '{}'
);
create index quiz_question_of_quiz on quiz_question (quiz_id, position);

-- What attempts were asked, as it stood when they began: one row for all attempts at one version of a quiz. Never changed.
create table quiz_paper (
  id           uuid primary key,
  quiz_id      uuid not null references quiz on delete cascade,
  quiz_version bigint not null,
  content      jsonb not null
);
create index quiz_paper_of_quiz on quiz_paper (quiz_id);

-- Extra time for one learner in one quiz.
create table quiz_accommodation (
  quiz_id       uuid not null references quiz on delete cascade,
  user_id       uuid not null references account on delete cascade,
  extra_minutes integer not null check (extra_minutes > 0),
  primary key (quiz_id, user_id)
);

-- One attempt of one learner. `question_order` holds places in the paper. What is written with every answer (version,
-- sequence, updated_at) stands in no index, so that the row's new version finds room on its page.
create table attempt (
  id             uuid primary key,
  user_id        uuid not null references account on delete cascade,
  quiz_id        uuid not null,
  course_id      uuid not null,
  course_title   text not null,
  number         integer not null check (number > 0),
  paper_id       uuid not null references quiz_paper,
  question_order jsonb not null,
  started_at     timestamptz not null,
  deadline       timestamptz,
  ended_at       timestamptz,
  ended_by       text check (ended_by in ('submitted', 'time')),
  sequence       bigint not null,
  last_question  uuid,
  answered       integer not null default 0,
  score          integer,
  passed         boolean,
  earned         bigint,
  points         bigint,
  graded         jsonb,
  updated_at     timestamptz not null,
  version        bigint not null default 1,
  constraint attempt_number_once unique (quiz_id, user_id, number),
  constraint attempt_closed check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (score is null))
) with (fillfactor = 80);
create unique index attempt_open_once on attempt (quiz_id, user_id) where ended_at is null;
create index attempt_deadline on attempt (deadline) where ended_at is null and deadline is not null;
create index attempt_of_quiz on attempt (quiz_id, started_at desc, id desc);

-- All that happened in an attempt, in its order. Its saved answers are the truth: the last one to a question counts.
create table attempt_entry (
  attempt_id  uuid not null,
  sequence    bigint not null,
  user_id     uuid not null,
  step        text not null,
  at          timestamptz not null,
  question_id uuid,
  answer      jsonb,
  ended_by    text,
  score       integer,
  primary key (attempt_id, sequence)
);

do $$
declare
  system constant text := $p$(select current_setting('stoa.acting', true) = 'system')$p$;
  mine constant text := format($p$(user_id::text = (select current_setting('stoa.acting', true)) or %s)$p$, system);
  owned text;
begin
  foreach owned in array array['attempt', 'attempt_entry', 'quiz_accommodation']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
end
$$;
