-- What learners wrote about lessons. The titles are those of the day it was written, shown where the lesson is no more.
create table reflection (
  id           uuid primary key,
  user_id      uuid not null,
  course_id    uuid not null,
  lesson_id    uuid not null,
  kind         text not null check (kind in ('puzzle', 'note', 'question')),
  content      text not null,
  tags         text[] not null default '{}',
  visibility   text not null check (visibility in ('private', 'instructor', 'public')),
  at_second    bigint check (at_second >= 0),
  lesson_title text not null,
  course_title text not null,
  created_at   timestamptz not null,
  updated_at   timestamptz not null
);
create index reflection_own on reflection (user_id, created_at desc, id desc);
create index reflection_course on reflection (course_id, created_at desc, id desc);
create index reflection_lesson on reflection (lesson_id, created_at desc, id desc);

create table reply (
  id            uuid primary key,
  reflection_id uuid not null references reflection (id) on delete cascade,
  user_id       uuid not null,
  content       text not null,
  created_at    timestamptz not null
);
create index reply_to on reply (reflection_id, created_at, id);

-- Whoever may read another's is decided by the rules, and read by the system. A reply is also its reader's whose
-- reflection it is to.
do $$
declare
  owned text;
  mine constant text := $p$(user_id::text = (select current_setting('stoa.acting', true))
                            or (select current_setting('stoa.acting', true) = 'system'))$p$;
begin
  foreach owned in array array['reflection', 'reply']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
end
$$;
create policy to_own_reflections on reply for select
  using (exists (select 1 from reflection r where r.id = reflection_id));
