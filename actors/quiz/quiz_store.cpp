#include "actors/quiz/quiz_store.hpp"

#include "actors/quiz/question_json.hpp"
#include "stoa/columns.hpp"

namespace stoa::actors::quiz_store {

namespace {

constexpr auto load_sql = "select " + columns<quiz, "q"> + ", q.draws, " STOA_QUESTIONS("quiz_id = q.id") +
                          " from quiz q where q.id = :p1::uuid and not q.deleted";

#define STOA_WRITTEN_MEMBERS                                                                                           \
  "title = :p3::text, description = :p4::text, lesson_id = :p5::uuid, time_limit_minutes = :p6::integer, "             \
  "passing_score = :p7::integer, shuffle_questions = :p8::boolean, max_attempts = :p9::integer, draws = :p10::jsonb, " \
  "published_at = :p11::timestamptz, deleted = :p12::boolean"

/// Everything but the questions.
constexpr statement change{"quiz.change", R"(
  with root as (
    update quiz set )" STOA_WRITTEN_MEMBERS R"(, updated_at = :p13::timestamptz, version = version + 1
    where id = :p1::uuid and version = :p2::bigint
    returning version),
  told as (
    )" STOA_TELL_ONE(":p14") R"(, root)
  select version from root)"};

/// :p13 are the ids of all questions in their order.
constexpr statement put{"quiz.put_question", R"(
  with root as (
    update quiz set updated_at = :p3::timestamptz, version = version + 1
    where id = :p1::uuid and version = :p2::bigint
    returning id, version),
  put as (
    insert into quiz_question (id, quiz_id, position, text, type, options, correct, points, explanation, tags)
    select :p4::uuid, root.id, :p5::integer, :p6::text, :p7::text, :p8::text[], :p9::text[], :p10::integer, :p11::text,
           :p12::text[] from root
    on conflict (id) do update set position = excluded.position, text = excluded.text, type = excluded.type,
      options = excluded.options, correct = excluded.correct, points = excluded.points,
      explanation = excluded.explanation, tags = excluded.tags),
  moved as (
    update quiz_question q set position = o.place
    from root, unnest(:p13::uuid[]) with ordinality as o(id, place)
    where q.quiz_id = root.id and q.id = o.id and q.id <> :p4::uuid and q.position <> o.place),
  told as (
    )" STOA_TELL_ONE(":p14") R"(, root)
  select version from root)"};

constexpr statement drop{"quiz.drop_question", R"(
  with root as (
    update quiz set updated_at = :p3::timestamptz, version = version + 1
    where id = :p1::uuid and version = :p2::bigint
    returning id, version),
  gone as (
    delete from quiz_question q using root where q.quiz_id = root.id and q.id = :p4::uuid),
  moved as (
    update quiz_question q set position = o.place
    from root, unnest(:p5::uuid[]) with ordinality as o(id, place)
    where q.quiz_id = root.id and q.id = o.id and q.position <> o.place),
  told as (
    )" STOA_TELL_ONE(":p6") R"(, root)
  select version from root)"};

std::string draws_json(const quiz& q) {
  json_writer w;
  w.begin_array();
  for (const auto& d : q.draws) {
    w.begin_object();
    w.key("tag"), w.string(d.tag);
    w.key("count"), w.integer(d.count);
    w.end_object();
  }
  w.end_array();
  return w.take();
}

values written_members(const quiz& q) {
  return {q.title,         q.description,
          q.lesson,        q.time_limit_minutes,
          q.passing_score, q.shuffle_questions,
          q.max_attempts,  draws_json(q),
          q.published_at,  q.deleted};
}

value order_of(const quiz& q) {
  std::vector<question_id> ids;
  for (const auto& each : q.questions) ids.push_back(each.id);
  return value::array(ids);
}

template <class E>
value telling(const quiz& q, timestamp now) {
  return one_event(now, std::nullopt, q.id, facts_of<E>(q));
}

}  // namespace

const statement load{"quiz.load", load_sql};

const statement create{"quiz.create", R"(
  with root as (
    insert into quiz (title, description, lesson_id, time_limit_minutes, passing_score, shuffle_questions, max_attempts,
                      draws, published_at, deleted, id, course_id, created_at, updated_at)
    values (:p1::text, :p2::text, :p3::uuid, :p4::integer, :p5::integer, :p6::boolean, :p7::integer, :p8::jsonb,
            :p9::timestamptz, :p10::boolean, :p11::uuid, :p12::uuid, :p13::timestamptz, :p13::timestamptz)
    returning version),
  told as (
    )" STOA_TELL_ONE(":p14") R"(, root)
  select version from root)"};

const statement home_of{"quiz.home_of", "select quiz_id from quiz_question where id = :p1::uuid"};

/// :p4 is whoever asks, or null; :p5 whether they are an admin.
const statement list{"quiz.list", R"(
  with seen as (
    select q.id, q.created_at
    from quiz q join course c on c.id = q.course_id
    where not q.deleted
      and (:p1::uuid is null or q.course_id = :p1::uuid)
      and (:p2::uuid is null or q.lesson_id = :p2::uuid)
      and (not :p3::boolean or q.published_at is not null)
      and (:p5::boolean or c.instructor_id = :p4::uuid
           or (q.published_at is not null
               and (c.status = 'published'
                    or exists (select 1 from enrollment e where e.user_id = :p4::uuid and e.course_id = q.course_id)))))
  select (select count(*) from seen), page.id
  from (select 1) one
  left join lateral (select id, created_at from seen order by created_at, id
                     limit :p6::bigint offset :p7::bigint) page on true
  order by page.created_at, page.id)"};

values create_values(const quiz& q, timestamp now) {
  auto v = written_members(q);
  v.emplace_back(q.id);
  v.emplace_back(q.course);
  v.emplace_back(now);
  v.emplace_back(telling<quiz_created>(q, now));
  return v;
}

}  // namespace stoa::actors::quiz_store

namespace stoa::actors {

namespace {

template <class E>
bound_statement change_of(const quiz& before, const quiz& after, const moment& m) {
  values v{before.id, before.version};
  for (auto& member : quiz_store::written_members(after)) v.push_back(std::move(member));
  v.emplace_back(m.now);
  v.emplace_back(quiz_store::telling<E>(after, m.now));
  return {&quiz_store::change, std::move(v)};
}

}  // namespace

bound_statement load(const quiz_kind&, const quiz_id& id) { return {&quiz_store::load, {id}}; }

result<quiz> read(const quiz_kind&, const quiz_id& id, const rows& found) {
  if (found.empty()) return not_found(id);
  const auto r = found.front();
  auto q = read_columns<quiz>(r);
  const auto draws = question_json::parse(r.raw(column_count<quiz>));
  for (const auto& d : draws.items()) {
    const auto *tag = d.find("tag"), *count = d.find("count");
    if (tag && count) q.draws.push_back({tag->text(), static_cast<int>(count->as_integer().value_or(1))});
  }
  q.questions = question_json::read_all(question_json::parse(r.raw(column_count<quiz> + 1)));
  return q;
}

bound_statement save(const quiz& before, const quiz& after, const change_quiz&, const moment& m) {
  return change_of<quiz_updated>(before, after, m);
}

bound_statement save(const quiz& before, const quiz& after, const open_quiz& told, const moment& m) {
  return told.open ? change_of<quiz_published>(before, after, m) : change_of<quiz_updated>(before, after, m);
}

bound_statement save(const quiz& before, const quiz& after, const drop_quiz&, const moment& m) {
  return change_of<quiz_deleted>(before, after, m);
}

bound_statement save(const quiz& before, const quiz& after, const put_question& told, const moment& m) {
  const auto& q = *after.find(told.id.value_or(question_id{m.fresh}));
  return {&quiz_store::put,
          {before.id, before.version, m.now, q.id, q.position, q.text, name_of(q.type), value::array(q.options),
           value::array(q.correct), q.points, q.explanation, value::array(q.tags), quiz_store::order_of(after),
           quiz_store::telling<quiz_updated>(after, m.now)}};
}

bound_statement save(const quiz& before, const quiz& after, const drop_question& told, const moment& m) {
  return {&quiz_store::drop,
          {before.id, before.version, m.now, told.id, quiz_store::order_of(after),
           quiz_store::telling<quiz_updated>(after, m.now)}};
}

}  // namespace stoa::actors
