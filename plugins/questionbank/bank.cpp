#include "bank.hpp"

#include "stoa/columns.hpp"
#include "stoa/once.hpp"
#include "stoa/wire.hpp"

namespace stoa_plugin::questionbank {

using stoa::acts_as;
using stoa::connection;
using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::lane;
using stoa::result;
using stoa::statement;
using stoa::task;
using stoa::values;

namespace {

/// A question without its lists, as columns and as JSON.
struct question_row {
  bank_question_id id;
  std::string text;
  std::string kind;
  int points = 1;
  std::string explanation;
  stoa::timestamp created_at;
  stoa::timestamp updated_at;
};
BOOST_DESCRIBE_STRUCT(question_row, (), (id, text, kind, points, explanation, created_at, updated_at))

/// One of several on their way into a statement.
struct question_json {
  bank_question_id id;
  std::string text, kind, explanation;
  int points = 1;
  std::vector<std::string> options, correct, tags;
};
BOOST_DESCRIBE_STRUCT(question_json, (), (id, text, kind, explanation, points, options, correct, tags))

constexpr auto whole = stoa::columns<question_row, "q"> +
                       ", array_to_json(q.options)::text, array_to_json(q.correct)::text, array_to_json(q.tags)::text";

constexpr statement lock_bank{"lock", "select pg_advisory_xact_lock(hashtextextended(:p1::text, 0))"};
constexpr statement count_all{"count_all",
                              "select count(*) from plugin_questionbank.question where user_id = :p1::uuid"};
constexpr statement add_all{"add", R"(
  insert into plugin_questionbank.question
    (id, user_id, text, kind, options, correct, points, explanation, tags, created_at, updated_at)
  select (e.q->>'id')::uuid, :p1::uuid, e.q->>'text', e.q->>'kind',
         array(select jsonb_array_elements_text(e.q->'options')), array(select jsonb_array_elements_text(e.q->'correct')),
         (e.q->>'points')::integer, e.q->>'explanation', array(select jsonb_array_elements_text(e.q->'tags')),
         :p3::timestamptz, :p3::timestamptz
  from jsonb_array_elements(:p2::jsonb) with ordinality as e(q, place) order by e.place)"};

constexpr auto find_sql =
    "select " + whole + " from plugin_questionbank.question q where q.user_id = :p1::uuid and q.id = :p2::uuid";
constexpr statement find_one{"find", find_sql};
constexpr statement change_one{"change", R"(
  update plugin_questionbank.question
  set text = :p3::text, kind = :p4::text, options = :p5::text[], correct = :p6::text[], points = :p7::integer,
      explanation = :p8::text, tags = :p9::text[], updated_at = :p10::timestamptz
  where user_id = :p1::uuid and id = :p2::uuid
  returning created_at)"};
constexpr statement remove_one{"remove", R"(
  delete from plugin_questionbank.question where user_id = :p1::uuid and id = :p2::uuid returning id)"};

constexpr stoa::sql_text wanted = R"(
  from plugin_questionbank.question q
  where q.user_id = :p1::uuid and (:p2::text = '' or :p2::text = any(q.tags)) and (:p3::text = '' or q.kind = :p3::text)
    and (:p4::text = '' or position(lower(:p4::text) in lower(q.text)) > 0))";
constexpr auto count_sql = stoa::sql_text("select count(*)") + wanted;
constexpr statement count_wanted{"count", count_sql};
constexpr auto list_sql = "select " + whole + wanted + " order by q.number limit :p5::bigint offset :p6::bigint";
constexpr statement list_page{"list", list_sql};
constexpr statement tags_of{"tags", R"(
  select t.tag, count(*) from plugin_questionbank.question q, unnest(q.tags) as t(tag)
  where q.user_id = :p1::uuid group by t.tag order by t.tag)"};

constexpr statement placed_ones{"placed", R"(
  select question_id from plugin_questionbank.placed where user_id = :p1::uuid and quiz_id = :p2::uuid)"};
constexpr statement place_one{"place", R"(
  insert into plugin_questionbank.placed (user_id, quiz_id, question_id, quiz_question_id)
  values (:p1::uuid, :p2::uuid, :p3::uuid, :p4::uuid) on conflict do nothing)"};

std::vector<std::string> texts_in(std::string_view json_text) {
  std::vector<std::string> out;
  const auto list = stoa::json::parse(json_text);
  if (list)
    for (const auto& t : list->items()) out.push_back(t.text());
  return out;
}

bank_question read_question(const stoa::rows::row& r) {
  const auto row = stoa::read_columns<question_row>(r);
  constexpr auto behind = stoa::column_count<question_row>;
  bank_question out;
  out.id = row.id;
  out.created_at = row.created_at;
  out.updated_at = row.updated_at;
  out.what.text = row.text;
  out.what.type = stoa::question_type_named(row.kind).value_or(stoa::question_type::multiple_choice);
  out.what.points = row.points;
  out.what.explanation = row.explanation;
  out.what.options = texts_in(r.raw(behind));
  out.what.correct = texts_in(r.raw(behind + 1));
  out.what.tags = texts_in(r.raw(behind + 2));
  return out;
}

values bound_filter(stoa::user_id whose, const bank_filter& f) { return {whose, f.tag, f.type, f.search}; }

}  // namespace

fault unknown_question() { return not_found(stoa::question_id{}); }

task<std::vector<bank_question>> add_questions(stoa::database& db, stoa::user_id whose,
                                               std::vector<written_question> all, std::int64_t most,
                                               stoa::timestamp now) {
  std::vector<question_json> rows;
  for (const auto& q : all)
    rows.push_back({bank_question_id::make(), q.text, std::string(name_of(q.type)), q.explanation, q.points, q.options,
                    q.correct, q.tags});
  const auto encoded = stoa::wire::write(rows);
  std::function<result<std::vector<bank_question_id>>(connection&)> work =
      [=](connection& c) -> result<std::vector<bank_question_id>> {
    c.run(lock_bank, {"question bank of " + whose.str()});
    const auto there = c.run(count_all, {whose}).front().integer(0);
    if (there + static_cast<std::int64_t>(rows.size()) > most)
      return fault{fault_kind::conflict, "BANK_FULL",
                   "Your question bank holds " + std::to_string(most) + " questions at most."};
    c.run(add_all, {whose, encoded, now});
    std::vector<bank_question_id> ids;
    for (const auto& r : rows) ids.push_back(r.id);
    return ids;
  };
  const auto ids = co_await stoa::transact_once<std::vector<bank_question_id>>(db, acts_as(whose), "questionbank.add",
                                                                               std::move(work));
  std::vector<bank_question> out;
  for (std::size_t i = 0; i < all.size() && i < ids.size(); ++i) out.push_back({ids[i], std::move(all[i]), now, now});
  co_return out;
}

task<bank_question> find_question(stoa::database& db, stoa::user_id whose, bank_question_id id) {
  values bound{whose, id};
  const auto found = co_await db.query(acts_as(whose), find_one, std::move(bound));
  if (found.empty()) co_return unknown_question();
  co_return read_question(found.front());
}

task<bank_question> change_question(stoa::database& db, stoa::user_id whose, bank_question_id id, written_question next,
                                    stoa::timestamp now) {
  values bound{whose,
               id,
               next.text,
               name_of(next.type),
               stoa::value::array(next.options),
               stoa::value::array(next.correct),
               next.points,
               next.explanation,
               stoa::value::array(next.tags),
               now};
  const auto changed = co_await db.query(acts_as(whose), change_one, std::move(bound), lane::commands);
  if (changed.empty()) co_return unknown_question();
  bank_question out;
  out.id = id;
  out.what = std::move(next);
  out.created_at = changed.front().time(0);
  out.updated_at = now;
  co_return out;
}

task<done> remove_question(stoa::database& db, stoa::user_id whose, bank_question_id id) {
  values bound{whose, id};
  const auto gone = co_await db.query(acts_as(whose), remove_one, std::move(bound), lane::commands);
  if (gone.empty()) co_return unknown_question();
  co_return done{};
}

task<stoa::page_of<bank_question>> list_questions(stoa::database& db, stoa::user_id whose, bank_filter f,
                                                  stoa::page_request asked) {
  stoa::page_of<bank_question> out;
  out.asked = asked;
  auto bound = bound_filter(whose, f);
  const auto counted = co_await db.query(acts_as(whose), count_wanted, std::move(bound));
  out.total = counted.front().integer(0);
  auto paged = bound_filter(whose, f);
  paged.emplace_back(asked.size);
  paged.emplace_back(asked.offset());
  const auto found = co_await db.query(acts_as(whose), list_page, std::move(paged));
  for (const auto& r : found) out.items.push_back(read_question(r));
  co_return out;
}

task<std::vector<bank_question>> all_questions(stoa::database& db, stoa::user_id whose, bank_filter f) {
  auto bound = bound_filter(whose, f);
  bound.emplace_back(static_cast<std::int64_t>(reading_limits::questions) + 1);
  bound.emplace_back(std::int64_t{0});
  const auto found = co_await db.query(acts_as(whose), list_page, std::move(bound));
  if (found.size() > reading_limits::questions)
    co_return fault(fault_kind::rejected, "TOO_MANY_QUESTIONS",
                    "A file holds " + std::to_string(reading_limits::questions) + " questions at most: choose a tag.");
  std::vector<bank_question> out;
  for (const auto& r : found) out.push_back(read_question(r));
  co_return out;
}

task<std::vector<tag_count>> list_tags(stoa::database& db, stoa::user_id whose) {
  values bound{whose};
  const auto found = co_await db.query(acts_as(whose), tags_of, std::move(bound));
  std::vector<tag_count> out;
  for (const auto& r : found) out.push_back({r.text(0), r.integer(1)});
  co_return out;
}

task<std::vector<bank_question_id>> placed_in(stoa::database& db, stoa::user_id whose, stoa::quiz_id quiz) {
  values bound{whose, quiz};
  const auto found = co_await db.query(acts_as(whose), placed_ones, std::move(bound));
  std::vector<bank_question_id> out;
  for (const auto& r : found) out.push_back(r.as<bank_question_id>(0));
  co_return out;
}

task<done> note_placed(stoa::database& db, stoa::user_id whose, stoa::quiz_id quiz, bank_question_id id,
                       stoa::question_id there) {
  values bound{whose, quiz, id, there};
  co_await db.query(acts_as(whose), place_one, std::move(bound), lane::commands);
  co_return done{};
}

}  // namespace stoa_plugin::questionbank
