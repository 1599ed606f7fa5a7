-- The questions of instructors, each their own.
create table question (
  id          uuid primary key,
  user_id     uuid not null,
  text        text not null,
  kind        text not null check (kind in ('multiple_choice', 'multiple_select', 'true_false', 'short_answer')),
  options     text[] not null,
  correct     text[] not null,
  points      integer not null check (points > 0),
  explanation text not null,
  tags        text[] not null,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  -- In the order in which they came, also of one file.
  number      bigint generated always as identity
);
create index question_own on question (user_id, number);

-- Which questions of which quizzes were put there from a bank, so that none is put there twice.
create table placed (
  user_id          uuid not null,
  quiz_id          uuid not null,
  question_id      uuid not null,
  quiz_question_id uuid not null,
  primary key (quiz_id, question_id)
);

do $$
declare
  owned text;
  mine constant text := $p$(user_id::text = (select current_setting('stoa.acting', true))
                            or (select current_setting('stoa.acting', true) = 'system'))$p$;
begin
  foreach owned in array array['question', 'placed']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
end
$$;
