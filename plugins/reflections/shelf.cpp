#include "shelf.hpp"

#include "stoa/columns.hpp"
#include "stoa/once.hpp"
#include "told.hpp"

namespace stoa_plugin::reflections {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;

namespace {

constexpr auto whole_reflection = stoa::columns<reflection, "r"> + ", array_to_json(r.tags)::text";

constexpr statement lock_shelf{"lock", "select pg_advisory_xact_lock(hashtextextended(:p1::text, 0))"};
constexpr statement count_on_lesson{"count_on_lesson", R"(
  select count(*) from plugin_reflections.reflection where user_id = :p1::uuid and lesson_id = :p2::uuid)"};

constexpr statement add_one{"add", R"(
  insert into plugin_reflections.reflection
    (id, user_id, course_id, lesson_id, kind, content, tags, visibility, at_second, lesson_title, course_title,
     created_at, updated_at)
  values (:p2::uuid, :p1::uuid, :p3::uuid, :p4::uuid, :p5::text, :p6::text, :p7::text[], :p8::text, :p9::bigint,
          :p10::text, :p11::text, :p12::timestamptz, :p12::timestamptz))"};
constexpr statement tell{"tell", STOA_TELL(":p1")};

constexpr auto find_sql = "select " + whole_reflection + " from plugin_reflections.reflection r where r.id = :p1::uuid";
constexpr statement find_one{"find", find_sql};
constexpr auto find_own_sql = "select " + whole_reflection + R"(
  from plugin_reflections.reflection r where r.user_id = :p1::uuid and r.id = :p2::uuid for update)";
constexpr statement find_own{"find_own", find_own_sql};

constexpr statement change_one{"change", R"(
  update plugin_reflections.reflection
  set kind = :p3::text, content = :p4::text, tags = :p5::text[], visibility = :p6::text, at_second = :p7::bigint,
      updated_at = :p8::timestamptz
  where user_id = :p1::uuid and id = :p2::uuid)"};
constexpr statement remove_one{"remove", R"(
  delete from plugin_reflections.reflection where user_id = :p1::uuid and id = :p2::uuid returning id)"};

constexpr stoa::sql_text wanted = R"(
  from plugin_reflections.reflection r
  where (r.user_id = :p1::uuid or r.visibility = any(:p2::text[]))
    and (:p3::uuid is null or r.course_id = :p3::uuid) and (:p4::uuid is null or r.lesson_id = :p4::uuid)
    and (:p5::text = '' or r.kind = :p5::text) and (:p6::text = '' or r.visibility = :p6::text)
    and (:p7::text = '' or exists (select 1 from unnest(r.tags) as t where lower(t) = lower(:p7::text))))";
constexpr auto count_sql = stoa::sql_text("select count(*)") + wanted;
constexpr statement count_wanted{"count", count_sql};
constexpr auto list_sql = "select " + whole_reflection +
                          ", (select count(*) from plugin_reflections.reply a where a.reflection_id = r.id)" + wanted +
                          " order by r.created_at desc, r.id desc limit :p8::bigint offset :p9::bigint";
constexpr statement list_page{"list", list_sql};

constexpr statement count_replies{"count_replies", R"(
  select count(a.id) from plugin_reflections.reflection r
  left join plugin_reflections.reply a on a.reflection_id = r.id
  where r.id = :p1::uuid group by r.id)"};
constexpr statement add_answer{"add_reply", R"(
  insert into plugin_reflections.reply (id, reflection_id, user_id, content, created_at)
  values (:p1::uuid, :p2::uuid, :p3::uuid, :p4::text, :p5::timestamptz))"};
constexpr auto replies_sql = "select " + stoa::columns<reply_to, "a"> + R"(
  from plugin_reflections.reply a where a.reflection_id = :p1::uuid order by a.created_at, a.id)";
constexpr statement list_replies{"replies", replies_sql};
constexpr statement remove_answer{"remove_reply", R"(
  delete from plugin_reflections.reply
  where user_id = :p1::uuid and reflection_id = :p2::uuid and id = :p3::uuid returning id)"};

reflection read_reflection(const stoa::rows::row& r) {
  auto out = stoa::read_columns<reflection>(r);
  const auto tags = stoa::json::parse(r.raw(stoa::column_count<reflection>));
  if (tags)
    for (const auto& t : tags->items()) out.tags.push_back(t.text());
  return out;
}

void tell_posted(stoa::connection& c, const reflection& r, stoa::user_id instructor, stoa::timestamp now) {
  auto posted = told_of<reflection_posted>(r, instructor);
  posted.type = r.kind;
  posted.visibility = r.visibility;
  stoa::event_rows events(now);
  events.tell(r.user, r.id, posted);
  c.run(tell, {events});
}

}  // namespace

task<reflection> add_reflection(stoa::database& db, reflection made, stoa::user_id instructor, shelf_limits limits) {
  const auto author = made.user;
  std::function<result<reflection>(stoa::connection&)> work = [=](stoa::connection& c) -> result<reflection> {
    c.run(lock_shelf, {"reflections of " + made.user.str()});
    if (c.run(count_on_lesson, {made.user, made.lesson}).front().integer(0) >= limits.per_lesson)
      return fault{
          fault_kind::conflict, "REFLECTION_LIMIT_REACHED",
          "You have " + std::to_string(limits.per_lesson) + " reflections on this lesson, the most there may be."};
    c.run(add_one,
          {made.user, made.id, made.course, made.lesson, made.kind, made.content, stoa::value::array(made.tags),
           made.visibility, made.at_second, made.lesson_title, made.course_title, made.created_at});
    if (newly_shown(for_author, made.visibility)) tell_posted(c, made, instructor, made.created_at);
    return made;
  };
  return stoa::transact_once<reflection>(db, stoa::acts_as(author), "reflections.add", std::move(work));
}

task<reflection> find_reflection(stoa::database& db, reflection_id id) {
  stoa::values bound{id};
  const auto found = co_await db.query(stoa::acts_as_system(), find_one, std::move(bound));
  if (found.empty()) co_return unknown_reflection();
  co_return read_reflection(found.front());
}

task<stoa::page_of<listed_reflection>> list_reflections(stoa::database& db, stoa::user_id who, shelf_filter f,
                                                        stoa::page_request asked) {
  // The rules have said which of other people's may be read.
  const auto acting = f.others.empty() ? stoa::acts_as(who) : stoa::acts_as_system();
  if (!f.others.empty() && !f.course) throw std::logic_error("other people's reflections are read in one course");
  stoa::page_of<listed_reflection> out;
  out.asked = asked;
  stoa::values filter{who, stoa::value::array(f.others), f.course, f.lesson, f.kind, f.visibility, f.tag};
  auto bound = filter;
  const auto count = co_await db.query(acting, count_wanted, std::move(filter));
  out.total = count.front().integer(0);
  bound.emplace_back(asked.size);
  bound.emplace_back(asked.offset());
  const auto found = co_await db.query(acting, list_page, std::move(bound));
  for (const auto& r : found) out.items.push_back({read_reflection(r), r.integer(stoa::column_count<reflection> + 1)});
  co_return out;
}

task<reflection> change_reflection(stoa::database& db, stoa::user_id author, reflection_id id, reflection_change change,
                                   stoa::user_id instructor, stoa::timestamp now) {
  auto kept = std::make_shared<reflection>();
  std::function<result<done>(stoa::connection&)> work = [=](stoa::connection& c) -> result<done> {
    const auto found = c.run(find_own, {author, id});
    if (found.empty()) return unknown_reflection();
    const auto before = read_reflection(found.front());
    const auto after = changed(before, change, now);
    c.run(change_one, {author, id, after.kind, after.content, stoa::value::array(after.tags), after.visibility,
                       after.at_second, after.updated_at});
    if (newly_shown(before.visibility, after.visibility)) tell_posted(c, after, instructor, now);
    *kept = after;
    return done{};
  };
  co_await db.in_transaction(stoa::acts_as(author), std::move(work));
  co_return std::move(*kept);
}

task<done> remove_reflection(stoa::database& db, stoa::user_id author, reflection_id id) {
  stoa::values bound{author, id};
  const auto gone = co_await db.query(stoa::acts_as(author), remove_one, std::move(bound), stoa::lane::commands);
  if (gone.empty()) co_return unknown_reflection();
  co_return done{};
}

task<reply_to> add_reply(stoa::database& db, reply_to made, reflection of, stoa::user_id instructor,
                         shelf_limits limits) {
  std::function<result<reply_to>(stoa::connection&)> work = [=](stoa::connection& c) -> result<reply_to> {
    c.run(lock_shelf, {"replies to " + of.id.str()});
    const auto there = c.run(count_replies, {of.id});
    if (there.empty()) return unknown_reflection();
    if (there.front().integer(0) >= limits.replies)
      return fault{fault_kind::conflict, "REPLY_LIMIT_REACHED",
                   "This reflection has " + std::to_string(limits.replies) + " replies, the most there may be."};
    c.run(add_answer, {made.id, of.id, made.user, made.content, made.created_at});
    if (made.user != of.user) {
      auto replied = told_of<reflection_replied>(of, instructor);
      replied.reply_id = made.id;
      replied.replied_by = made.user;
      stoa::event_rows events(made.created_at);
      events.tell(of.user, of.id, replied);
      c.run(tell, {events});
    }
    return made;
  };
  // The rules have said that the reflection may be seen; its row is its author's.
  return stoa::transact_once<reply_to>(db, stoa::acts_as_system(), "reflections.reply", std::move(work));
}

task<std::vector<reply_to>> replies_of(stoa::database& db, reflection_id id) {
  stoa::values bound{id};
  const auto found = co_await db.query(stoa::acts_as_system(), list_replies, std::move(bound));
  std::vector<reply_to> out;
  for (const auto& r : found) out.push_back(stoa::read_columns<reply_to>(r));
  co_return out;
}

task<done> remove_reply(stoa::database& db, stoa::user_id author, reflection_id of, reply_id id) {
  stoa::values bound{author, of, id};
  const auto gone = co_await db.query(stoa::acts_as(author), remove_answer, std::move(bound), stoa::lane::commands);
  if (gone.empty()) co_return unknown_reply();
  co_return done{};
}

}  // namespace stoa_plugin::reflections
