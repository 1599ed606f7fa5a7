#include "actors/attempt/attempt_store.hpp"

#include <algorithm>
#include <map>

#include "actors/quiz/question_json.hpp"

namespace stoa {

static void read_column(const rows::row& r, std::size_t column, attempt_end& out) {
  out = attempt_end_named(r.raw(column)).value_or(attempt_end::submitted);
}

}  // namespace stoa

namespace stoa::actors::attempt_store {

namespace {

/// What of an attempt are columns of one value.
struct attempt_row {
  attempt_id id;
  std::int64_t version = 0;
  user_id user;
  quiz_id quiz;
  course_id course;
  std::string course_title;
  int number = 1;
  uuid paper_id;
  timestamp started_at;
  std::optional<timestamp> deadline, ended_at;
  std::optional<attempt_end> ended_by;
  std::int64_t sequence = 0;
  std::optional<int> score;
  std::optional<bool> passed;
  std::optional<std::int64_t> earned, points;
};
BOOST_DESCRIBE_STRUCT(attempt_row, (),
                      (id, version, user, quiz, course, course_title, number, paper_id, started_at, deadline, ended_at,
                       ended_by, sequence, score, passed, earned, points))

struct progress_row {
  attempt_id id;
  std::int64_t version = 0;
  user_id user;
  std::int64_t sequence = 0;
  std::optional<uuid> last_question;
  int answered = 0;
  timestamp started_at;
  std::optional<timestamp> deadline, ended_at;
  std::optional<attempt_end> ended_by;
  std::optional<int> score;
};
BOOST_DESCRIBE_STRUCT(progress_row, (),
                      (id, version, user, sequence, last_question, answered, started_at, deadline, ended_at, ended_by,
                       score))

// Behind the columns of the row.
constexpr std::size_t order_at = column_count<attempt_row>;
constexpr std::size_t graded_at = order_at + 1;
constexpr std::size_t paper_version_at = order_at + 2;
constexpr std::size_t paper_at = order_at + 3;
constexpr std::size_t answers_at = order_at + 4;

constexpr auto load_sql = "select " + columns<attempt_row, "a"> +
                          R"(, a.question_order, a.graded, p.quiz_version, p.content,
    (select jsonb_agg(jsonb_build_array(e.question_id, e.answer, e.sequence, e.at) order by e.sequence)
     from (select distinct on (question_id) question_id, answer, sequence, at from attempt_entry
           where attempt_id = a.id and step = 'answer_saved' order by question_id, sequence desc) e)
  from attempt a join quiz_paper p on p.id = a.paper_id where a.id = :p1::uuid)";

constexpr auto progress_columns = columns<progress_row, "a"> + ", jsonb_array_length(a.question_order)";

/// One answer: what is written most.
constexpr statement save_one{"attempt.save_answer", R"(
  with root as (
    update attempt set version = version + 1, sequence = :p3::bigint, last_question = :p5::uuid,
                       answered = :p7::integer, updated_at = :p4::timestamptz
    where id = :p1::uuid and version = :p2::bigint
    returning id, user_id, version),
  noted as (
    insert into attempt_entry (attempt_id, sequence, user_id, step, at, question_id, answer)
    select id, :p3::bigint, user_id, 'answer_saved', :p4::timestamptz, :p5::uuid, :p6::jsonb from root)
  select version from root)"};

#define STOA_NOTED(ENTRIES)                                                                                         \
  "insert into attempt_entry (attempt_id, sequence, user_id, step, at, question_id, answer, ended_by, score) "      \
  "select root.id, e.sequence, root.user_id, e.step, e.at, e.question_id, nullif(e.answer, 'null'), e.ended_by, "   \
  "e.score from root, jsonb_to_recordset(" ENTRIES                                                                  \
  "::jsonb) as e(sequence bigint, step text, at timestamptz, question_id uuid, answer jsonb, ended_by text, score " \
  "integer)"

/// Closes it, or writes what it comes to anew; `:p14` are its entries.
constexpr statement settle{"attempt.settle", R"(
  with root as (
    update attempt set version = version + 1, sequence = :p3::bigint, last_question = :p4::uuid,
      answered = :p5::integer, ended_at = :p6::timestamptz, ended_by = :p7::text, score = :p8::integer,
      passed = :p9::boolean, earned = :p10::bigint, points = :p11::bigint, graded = :p12::jsonb,
      updated_at = :p13::timestamptz
    where id = :p1::uuid and version = :p2::bigint
    returning id, user_id, version),
  noted as ()" STOA_NOTED(":p14") R"(),
  told as ()" STOA_TELL_ONE(":p15") R"(, root)
  select version from root)"};

constexpr statement move{"attempt.move_deadline", R"(
  with root as (
    update attempt set version = version + 1, sequence = :p3::bigint, deadline = :p4::timestamptz,
      updated_at = :p5::timestamptz
    where id = :p1::uuid and version = :p2::bigint
    returning id, user_id, version),
  noted as ()" STOA_NOTED(":p6") R"()
  select version from root)"};

// -- JSON ----------------------------------------------------------------------------------------------------------

std::string order_json(const attempt& a) {
  json_writer w;
  w.begin_array();
  for (const auto at : a.order) w.integer(at);
  w.end_array();
  return w.take();
}

std::string graded_json(const attempt_result& all) {
  json_writer w(2048);
  w.begin_array();
  for (const auto& q : all.questions) {
    w.begin_object();
    w.key("question"), w.string(q.question.str());
    w.key("answered"), w.boolean(q.answered);
    w.key("correct"), w.boolean(q.correct);
    w.key("earned"), w.integer(q.earned);
    w.key("points"), w.integer(q.points);
    if (q.key) w.key("key"), question_json::write_texts(w, *q.key);
    w.end_object();
  }
  w.end_array();
  return w.take();
}

std::vector<graded_question> read_graded(std::string_view text) {
  const auto all = question_json::parse(text);
  std::vector<graded_question> out;
  for (const auto& item : all.items()) {
    graded_question q;
    if (const auto* id = item.find("question")) q.question = question_id::parse(id->text()).value_or(question_id{});
    if (const auto* answered = item.find("answered")) q.answered = answered->as_boolean();
    if (const auto* correct = item.find("correct")) q.correct = correct->as_boolean();
    if (const auto* earned = item.find("earned")) q.earned = earned->as_integer().value_or(0);
    if (const auto* points = item.find("points")) q.points = static_cast<int>(points->as_integer().value_or(0));
    if (const auto* key = item.find("key")) q.key = question_json::read_texts(*key);
    out.push_back(std::move(q));
  }
  return out;
}

given_answer read_answer(const json& row) {
  const auto& m = row.items();
  if (m.size() != 4) throw std::runtime_error("a stored answer cannot be read");
  given_answer a;
  a.question = question_id::parse(m[0].text()).value_or(question_id{});
  a.value = question_json::read_texts(m[1]);
  a.sequence = m[2].as_integer().value_or(0);
  a.saved_at = parse_rfc3339(m[3].text()).value_or(timestamp{});
  return a;
}

/// Entries of a history on their way into STOA_NOTED.
class entries {
 public:
  entries() { w_.begin_array(); }
  void saved(const given_answer& a) {
    begin(a.sequence, attempt_step::answer_saved, a.saved_at);
    w_.key("question_id"), w_.string(a.question.str());
    w_.key("answer"), question_json::write_texts(w_, a.value);
    w_.end_object();
  }
  void closed(std::int64_t sequence, timestamp at, attempt_end by) {
    begin(sequence, attempt_step::closed, at);
    w_.key("ended_by"), w_.string(name_of(by));
    w_.end_object();
  }
  void graded(std::int64_t sequence, attempt_step step, timestamp at, int score) {
    begin(sequence, step, at);
    w_.key("score"), w_.integer(score);
    w_.end_object();
  }
  void plain(std::int64_t sequence, attempt_step step, timestamp at) {
    begin(sequence, step, at);
    w_.end_object();
  }
  std::string take() {
    w_.end_array();
    return w_.take();
  }

 private:
  void begin(std::int64_t sequence, attempt_step step, timestamp at) {
    w_.begin_object();
    w_.key("sequence"), w_.integer(sequence);
    w_.key("step"), w_.string(name_of(step));
    w_.key("at"), w_.string(rfc3339(at));
  }
  json_writer w_;
};

// -- what is told --------------------------------------------------------------------------------------------------

template <class E>
E facts_of(const attempt& a) {
  E told;
  told.attempt_id = a.id;
  told.quiz_id = a.quiz;
  told.quiz_title = a.paper->title;
  told.course_id = a.course;
  told.course_title = a.course_title;
  told.number = a.number;
  return told;
}

std::vector<told_answer> told_answers(const std::vector<graded_question>& all) {
  std::vector<told_answer> out;
  out.reserve(all.size());
  for (const auto& q : all) out.push_back({q.question, q.answered, q.correct, q.earned, q.points * point});
  return out;
}

template <class E>
void tell_result(E& told, const attempt_result& r) {
  told.score = r.score;
  told.points_earned = r.earned;
  told.points = r.points;
  told.passed = r.passed;
  told.answers = told_answers(r.questions);
}

bound_statement settled(const attempt& before, const attempt& after, entries noted, one_event told, timestamp now) {
  const auto p = attempt_rules::progress_of(after);
  const auto& r = *after.result;
  return {
      &settle,
      {after.id, before.version, after.sequence, p.last_question, p.answered, after.ended_at, name_of(*after.ended_by),
       r.score, r.passed, r.earned, r.points, graded_json(r), now, noted.take(), std::move(told)},
      acts_as(after.learner)};
}

bound_statement closing(const attempt& before, const attempt& after, timestamp now) {
  entries noted;
  std::vector<const given_answer*> fresh;
  for (const auto& a : after.answers)
    if (a.sequence > before.sequence) fresh.push_back(&a);
  std::sort(fresh.begin(), fresh.end(), [](const auto* a, const auto* b) { return a->sequence < b->sequence; });
  for (const auto* a : fresh) noted.saved(*a);
  noted.closed(after.sequence - 1, *after.ended_at, *after.ended_by);
  noted.graded(after.sequence, attempt_step::graded, now, after.result->score);
  auto told = facts_of<attempt_closed>(after);
  tell_result(told, *after.result);
  told.closed_by = std::string(name_of(*after.ended_by));
  told.seconds = std::chrono::floor<seconds>(*after.ended_at - after.started_at).count();
  return settled(before, after, std::move(noted), one_event(now, after.learner, after.id, told), now);
}

}  // namespace

std::vector<told_answer> answers_of(std::string_view graded) { return told_answers(read_graded(graded)); }

const statement load{"attempt.load", load_sql};
const statement version_of{"attempt.version", "select version from attempt where id = :p1::uuid"};

/// One row.
const statement before_start{"attempt.before_start", R"(
  select (select id from attempt where quiz_id = :p1::uuid and user_id = :p2::uuid and ended_at is null),
         (select coalesce(max(number), 0) from attempt where quiz_id = :p1::uuid and user_id = :p2::uuid)::bigint,
         (select coalesce(sum(extra_minutes), 0) from quiz_accommodation
          where quiz_id = :p1::uuid and user_id = :p2::uuid)::bigint,
         exists (select 1 from quiz_paper where id = :p3::uuid))"};

const statement add_paper{"attempt.add_paper", R"(
  insert into quiz_paper (id, quiz_id, quiz_version, content) values (:p1::uuid, :p2::uuid, :p3::bigint, :p4::jsonb)
  on conflict (id) do nothing)"};

const statement start{"attempt.start", R"(
  with root as (
    insert into attempt (id, user_id, quiz_id, course_id, course_title, number, paper_id, question_order, started_at,
                         deadline, sequence, updated_at)
    values (:p1::uuid, :p2::uuid, :p3::uuid, :p4::uuid, :p5::text, :p6::integer, :p7::uuid, :p8::jsonb,
            :p9::timestamptz, :p10::timestamptz, 1, :p9::timestamptz)
    returning id, user_id, started_at),
  noted as (
    insert into attempt_entry (attempt_id, sequence, user_id, step, at)
    select id, 1, user_id, 'started', started_at from root)
  )" STOA_TELL_ONE(":p11") ", root"};

values start_values(const attempt& a, timestamp now) {
  return {a.id,
          a.learner,
          a.quiz,
          a.course,
          a.course_title,
          a.number,
          a.paper->id,
          order_json(a),
          a.started_at,
          a.deadline,
          one_event(now, a.learner, a.id, facts_of<attempt_started>(a))};
}

const statement overdue{"attempt.overdue", R"(
  select id from attempt where ended_at is null and deadline is not null and deadline <= :p1::timestamptz
  order by deadline limit :p2::bigint)"};
const statement next_deadline{"attempt.next_deadline",
                              "select min(deadline) from attempt where ended_at is null and deadline is not null"};

const statement any_open{"attempt.any_open", R"(
  select exists (select 1 from attempt where quiz_id = :p1::uuid and user_id = :p2::uuid and ended_at is null))"};
const statement open_of{"attempt.open_of", R"(
  select id from attempt where quiz_id = :p1::uuid and user_id = :p2::uuid and ended_at is null)"};

const statement history{"attempt.history", R"(
  select sequence, step, at, question_id, answer, ended_by, score from attempt_entry
  where attempt_id = :p1::uuid and sequence > :p2::bigint order by sequence limit :p3::bigint)"};

/// The count of all leads each row; one row without an attempt where the page is empty. :p2 is one learner, or null.
constexpr auto of_quiz_sql =
    "select (select count(*) from attempt where quiz_id = :p1::uuid and (:p2::uuid is null or user_id = :p2::uuid)), " +
    progress_columns + R"(
  from (select 1) one
  left join lateral (
    select * from attempt where quiz_id = :p1::uuid and (:p2::uuid is null or user_id = :p2::uuid)
    order by started_at desc, id desc limit :p3::bigint offset :p4::bigint) a on true
  order by a.started_at desc, a.id desc)";
const statement of_quiz{"attempt.of_quiz", of_quiz_sql};

constexpr auto progress_sql = "select " + progress_columns + R"(
  from attempt a where a.quiz_id = :p1::uuid and (a.updated_at >= :p2::timestamptz or (:p3::boolean and a.ended_at is null))
  order by a.updated_at desc limit :p4::bigint)";
const statement progress{"attempt.progress", progress_sql};

const statement allow_time{"attempt.allow_time", R"(
  with gone as (
    delete from quiz_accommodation where quiz_id = :p1::uuid and user_id = :p2::uuid and :p3::integer = 0)
  insert into quiz_accommodation (quiz_id, user_id, extra_minutes)
  select :p1::uuid, :p2::uuid, :p3::integer where :p3::integer > 0
  on conflict (quiz_id, user_id) do update set extra_minutes = excluded.extra_minutes)"};

const statement closed_of_quiz{"attempt.closed_of_quiz", R"(
  select id from attempt where quiz_id = :p1::uuid and ended_at is not null and id > :p2::uuid
  order by id limit :p3::bigint)"};
const statement count_closed{"attempt.count_closed",
                             "select count(*) from attempt where quiz_id = :p1::uuid and ended_at is not null"};

attempt_entry read_entry(const rows::row& r) {
  attempt_entry e;
  e.sequence = r.integer(0);
  e.step = attempt_step_named(r.raw(1)).value_or(attempt_step::started);
  e.at = r.time(2);
  e.question = r.opt_as<question_id>(3);
  if (!r.null(4)) e.answer = question_json::read_texts(question_json::parse(r.raw(4)));
  if (!r.null(5)) e.by = attempt_end_named(r.raw(5));
  e.score = r.opt_integer(6);
  return e;
}

attempt_progress read_progress(const rows::row& r, std::size_t first) {
  const auto row = read_columns<progress_row>(r, first);
  attempt_progress p;
  p.id = row.id;
  p.version = row.version;
  p.learner = row.user;
  p.sequence = row.sequence;
  if (row.last_question) p.last_question = question_id{*row.last_question};
  p.answered = row.answered;
  p.asked = static_cast<int>(r.integer(first + column_count<progress_row>));
  p.started_at = row.started_at;
  p.deadline = row.deadline;
  p.ended_at = row.ended_at;
  p.ended_by = row.ended_by;
  p.score = row.score;
  return p;
}

}  // namespace stoa::actors::attempt_store

namespace stoa::actors {

using namespace attempt_store;  // NOLINT: the same file's

bound_statement load(const attempt_kind&, const attempt_id& id) { return {&attempt_store::load, {id}}; }

result<attempt> read(const attempt_kind& kind, const attempt_id& id, const rows& found) {
  if (found.empty()) return not_found(id);
  const auto r = found.front();
  const auto row = read_columns<attempt_row>(r);
  attempt a;
  a.id = row.id;
  a.version = row.version;
  a.learner = row.user;
  a.quiz = row.quiz;
  a.course = row.course;
  a.course_title = row.course_title;
  a.number = row.number;
  a.paper = kind.shelf->of_row(row.paper_id, row.quiz, r.integer(paper_version_at), r.raw(paper_at));
  const auto order = question_json::parse(r.raw(order_at));
  a.order.reserve(order.items().size());
  for (const auto& at : order.items()) a.order.push_back(static_cast<std::uint16_t>(at.as_integer().value_or(0)));
  a.started_at = row.started_at;
  a.deadline = row.deadline;
  a.ended_at = row.ended_at;
  a.ended_by = row.ended_by;
  a.sequence = row.sequence;
  if (!r.null(answers_at)) {
    const auto answers = question_json::parse(r.raw(answers_at));
    a.answers.reserve(answers.items().size());
    for (const auto& one : answers.items()) a.answers.push_back(read_answer(one));
  }
  if (row.score) {
    auto& out = a.result.emplace();
    out.score = *row.score;
    out.passed = row.passed.value_or(false);
    out.earned = row.earned.value_or(0);
    out.points = row.points.value_or(0);
    if (!r.null(graded_at)) out.questions = read_graded(r.raw(graded_at));
  }
  return a;
}

bound_statement save(const attempt& before, const attempt& after, const save_answer& told, const moment& m) {
  const auto* given = after.answer_to(told.answer.question);
  const auto answered =
      std::count_if(after.answers.begin(), after.answers.end(), [](const given_answer& a) { return !a.value.empty(); });
  return {&save_one,
          {after.id, before.version, after.sequence, m.now, given->question, question_json::texts_json(given->value),
           static_cast<std::int64_t>(answered)},
          acts_as(after.learner)};
}

bound_statement save(const attempt& before, const attempt& after, const submit_attempt&, const moment& m) {
  return closing(before, after, m.now);
}

bound_statement save(const attempt& before, const attempt& after, const close_attempt&, const moment& m) {
  return closing(before, after, m.now);
}

bound_statement save(const attempt& before, const attempt& after, const move_deadline&, const moment& m) {
  entries noted;
  noted.plain(after.sequence, attempt_step::time_added, m.now);
  return {&attempt_store::move,
          {after.id, before.version, after.sequence, after.deadline, m.now, noted.take()},
          acts_as(after.learner)};
}

bound_statement save(const attempt& before, const attempt& after, const regrade_attempt&, const moment& m) {
  entries noted;
  noted.graded(after.sequence, attempt_step::regraded, m.now, after.result->score);
  auto told = facts_of<attempt_regraded>(after);
  tell_result(told, *after.result);
  told.former_score = before.result->score;
  told.formerly_passed = before.result->passed;
  told.former = told_answers(before.result->questions);
  return settled(before, after, std::move(noted), one_event(m.now, after.learner, after.id, told), m.now);
}

}  // namespace stoa::actors
