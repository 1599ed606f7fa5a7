#include "register.hpp"

#include "stoa/columns.hpp"
#include "stoa/once.hpp"

namespace stoa_plugin::certificates {

using stoa::acts_as;
using stoa::acts_as_system;
using stoa::connection;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;
using stoa::values;

namespace {

constexpr auto whole = "select " + stoa::columns<certificate, "c"> + " from plugin_certificates.certificate c ";

constexpr auto of_enrollment_sql = whole + "where c.user_id = :p1::uuid and c.enrollment_id = :p2::uuid";
constexpr statement of_enrollment{"of_enrollment", of_enrollment_sql};
constexpr auto by_id_sql = whole + "where c.id = :p1::uuid";
constexpr statement by_id{"by_id", by_id_sql};
constexpr auto by_code_sql = whole + "where c.code = :p1::text";
constexpr statement by_code{"by_code", by_code_sql};
constexpr auto page_sql = whole + R"(where c.user_id = :p1::uuid
  order by c.issued_at desc, c.id desc limit :p2::bigint offset :p3::bigint)";
constexpr statement page{"page", page_sql};
constexpr statement count{"count", "select count(*) from plugin_certificates.certificate where user_id = :p1::uuid"};
/// The members of a held_certificate, the code in place of its path.
constexpr statement held{"held", R"(
  select id, enrollment_id, number, issued_at, code
  from plugin_certificates.certificate where user_id = :p1::uuid and revoked_at is null
  order by issued_at, id)"};

/// There is one for each year; locked by whoever comes first until their transaction ends.
constexpr statement begin_year{"begin_year", R"(
  insert into plugin_certificates.numbering (year, last) values (:p1::integer, 0) on conflict do nothing)"};
constexpr statement lock_year{"lock_year",
                              "select last from plugin_certificates.numbering where year = :p1::integer for update"};
constexpr statement take_number{"take_number", R"(
  update plugin_certificates.numbering set last = last + 1 where year = :p1::integer returning last)"};
constexpr statement add{"add", R"(
  with added as (
    insert into plugin_certificates.certificate
      (id, user_id, enrollment_id, course_id, number, code, student_name, course_title, instructor_name, completed_at,
       issued_at)
    values (:p1::uuid, :p2::uuid, :p3::uuid, :p4::uuid, :p5::text, :p6::text, :p7::text, :p8::text, :p9::text,
            :p10::timestamptz, :p11::timestamptz)
    returning id)
  )" STOA_TELL_ONE(":p12")};

constexpr auto locked_sql = by_id_sql + " for update";
constexpr statement locked{"locked", locked_sql};
constexpr statement note_revoked{"revoke", R"(
  with changed as (
    update plugin_certificates.certificate
    set revoked_at = :p2::timestamptz, revoked_reason = :p3::text, revoked_by = :p4::uuid
    where id = :p1::uuid
    returning id)
  )" STOA_TELL_ONE(":p5")};

template <class E>
E facts_of(const certificate& c) {
  E e;
  e.certificate_id = c.id;
  e.certificate_number = c.number;
  e.enrollment_id = c.enrollment;
  e.course_id = c.course;
  e.course_title = c.course_title;
  return e;
}

std::optional<certificate> first_of(const stoa::rows& found) {
  if (found.empty()) return std::nullopt;
  return stoa::read_columns<certificate>(found.front());
}

result<certificate> known(const stoa::rows& found) {
  if (found.empty()) return unknown_certificate();
  return stoa::read_columns<certificate>(found.front());
}

}  // namespace

certificate enter_within(connection& db, certificate made) {
  const auto year = year_of(made.issued_at);
  db.run(begin_year, {year});
  db.run(lock_year, {year});
  // Asked behind the lock: who came second finds what the first has written, and takes no number.
  if (auto before = first_of(db.run(of_enrollment, {made.user, made.enrollment}))) return std::move(*before);
  made.number = number_of(year, db.run(take_number, {year}).front().integer(0));
  made.code = new_code();
  stoa::one_event issued(made.issued_at, made.user, made.id, facts_of<stoa::certificate_issued>(made));
  db.run(add, {made.id, made.user, made.enrollment, made.course, made.number, made.code, made.student_name,
               made.course_title, made.instructor_name, made.completed_at, made.issued_at, std::move(issued)});
  return made;
}

task<certificate> enter(stoa::database& db, certificate drawn) {
  const auto user = drawn.user;
  const auto enrollment = drawn.enrollment;
  std::function<result<certificate>(connection&)> work = [drawn](connection& c) -> result<certificate> {
    return enter_within(c, drawn);
  };
  auto entering = stoa::transact_once<certificate>(db, acts_as(user), "certificates.enter", std::move(work));
  auto entered = co_await as_result(std::move(entering));
  if (entered) co_return std::move(entered).value();
  // Two servers on either side of midnight of New Year's Eve lock two rows.
  if (entered.refusal().kind != fault_kind::conflict) co_return entered.refusal();
  auto before = co_await find_of(db, user, enrollment);
  if (!before) co_return entered.refusal();
  co_return std::move(*before);
}

task<std::optional<certificate>> find_of(stoa::database& db, stoa::user_id user, stoa::enrollment_id enrollment) {
  values bound{user, enrollment};
  co_return first_of(co_await db.query(acts_as(user), of_enrollment, std::move(bound)));
}

task<certificate> find_any(stoa::database& db, stoa::certificate_id id) {
  values bound{id};
  co_return known(co_await db.query(acts_as_system(), by_id, std::move(bound)));
}

task<certificate> find_code(stoa::database& db, std::string code) {
  values bound{std::move(code)};
  co_return known(co_await db.query(acts_as_system(), by_code, std::move(bound)));
}

task<stoa::page_of<certificate>> list_of(stoa::database& db, stoa::user_id user, stoa::page_request asked) {
  stoa::page_of<certificate> out;
  out.asked = asked;
  values whose{user};
  const auto counted = co_await db.query(acts_as(user), count, std::move(whose));
  out.total = counted.front().integer(0);
  values bound{user, asked.size, asked.offset()};
  const auto found = co_await db.query(acts_as(user), page, std::move(bound));
  for (const auto& r : found) out.items.push_back(stoa::read_columns<certificate>(r));
  co_return out;
}

task<stoa::held_certificates_ptr> held_of(stoa::database& db, stoa::user_id user) {
  values bound{user};
  const auto found = co_await db.query(acts_as(user), held, std::move(bound));
  auto out = std::make_shared<stoa::held_certificates>();
  for (const auto& r : found) {
    auto& one = out->all.emplace_back(stoa::read_columns<stoa::held_certificate>(r));
    one.verification_path = verification_path(one.verification_path);
  }
  co_return stoa::held_certificates_ptr(std::move(out));
}

task<certificate> revoke(stoa::database& db, stoa::certificate_id id, std::string reason, stoa::user_id by,
                         stoa::timestamp now) {
  std::function<result<certificate>(connection&)> work = [=](connection& c) -> result<certificate> {
    auto found = first_of(c.run(locked, {id}));
    if (!found) return unknown_certificate();
    if (found->revoked()) return std::move(*found);
    found->revoked_at = now;
    found->revoked_reason = reason;
    auto facts = facts_of<stoa::certificate_revoked>(*found);
    facts.reason = reason;
    stoa::one_event told(now, found->user, found->id, facts);
    c.run(note_revoked, {id, now, reason, by, std::move(told)});
    return std::move(*found);
  };
  return stoa::transact_once<certificate>(db, acts_as_system(), "certificates.revoke", std::move(work));
}

}  // namespace stoa_plugin::certificates
