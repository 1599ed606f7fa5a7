// The SQL of sessions and sign-in guards.
#pragma once

#include "actors/account/accounts.hpp"
#include "actors/session/session.hpp"
#include "actors/session/sign_in_guard.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"
#include "stoa/purge.hpp"

namespace stoa::actors::session_store {

inline constexpr auto load_sql = "select " + columns<session_state, "s"> + R"(, s.rotations from (
    select *, revoked_at is not null as revoked from session where id = :p1::uuid) s)";
inline constexpr statement load{"session.load", load_sql};

inline constexpr statement rotate{"session.rotate", R"(
  update session set generation = :p1::int, rotations = :p2::jsonb, expires_at = :p3::timestamptz, mfa_due = :p6::boolean,
    last_used_at = :p7::timestamptz, version = version + 1
  where id = :p4::uuid and version = :p5::bigint and revoked_at is null returning version)"};

/// Whether the row still is what memory says: an answer that changes nothing is given on that alone.
inline constexpr statement confirm{"session.confirm", R"(
  select version from session where id = :p1::uuid and version = :p2::bigint and revoked_at is null)"};

inline constexpr statement revoke{"session.revoke", R"(
  with ended as (
    update session set revoked_at = coalesce(revoked_at, :p1::timestamptz), version = version + 1
    where id = :p2::uuid returning version),
  told as (
    )" STOA_TELL(":p3") R"(, ended)
  select version from ended)"};

/// Somebody's open sessions, a page of them; the first column is how many there are.
inline constexpr auto of_user_sql = R"(
  with open as (
    select *, dialect as door, coalesce(last_used_at, created_at) as last_used from session
    where user_id = :p1::uuid and revoked_at is null and expires_at > :p2::timestamptz),
  shown as (
    select id, door, client, created_at, last_used as last_used_at, expires_at from open
    order by last_used desc, id limit :p3::bigint offset :p4::bigint)
  select n.total, )" + columns<session_view, "s"> +
                                    R"(
  from (select count(*) as total from open) n left join shown s on true order by s.last_used_at desc, s.id)";
inline constexpr statement of_user{"session.of_user", of_user_sql};

/// A session that was revoked, and when.
struct revoked_session {
  session_id id;
  timestamp revoked_at;
};
BOOST_DESCRIBE_STRUCT(revoked_session, (), (id, revoked_at))

/// Sessions that ended so lately that access tokens of theirs may still live.
inline constexpr auto recently_revoked_sql =
    "select " + columns<revoked_session> + " from session where revoked_at > :p1::timestamptz";
inline constexpr statement recently_revoked{"session.recently_revoked", recently_revoked_sql};

// Sessions nobody can use any more: they end when they expire or are revoked, whichever comes first.
inline constexpr statement sessions_due{"session_due", R"(
  select count(*) from (select 1 from session where ends_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_sessions{"session_purge", R"(
  with gone as (
    delete from session where id in (
      select id from session where ends_at < :p1::timestamptz order by ends_at limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};

inline constexpr auto load_guard_sql =
    "select " + columns<session_rules::guard_state> + R"(, array_to_string(failures, ',')
  from sign_in_guard where identifier = :p1::text)";
inline constexpr statement load_guard{"sign_in_guard.load", load_guard_sql};

/// Whether the row, or that there is none, still is what memory says.
inline constexpr statement confirm_guard{"sign_in_guard.confirm", R"(
  select :p2::bigint
  where coalesce((select version from sign_in_guard where identifier = :p1::text), 0) = :p2::bigint)"};

inline constexpr statement write_guard{"sign_in_guard.write", R"(
  with root as (
    insert into sign_in_guard (identifier, failures, locked_until, version)
    values (:p1::text, :p2::timestamptz[], :p3::timestamptz, 1)
    on conflict (identifier) do update set failures = excluded.failures, locked_until = excluded.locked_until,
      version = sign_in_guard.version + 1
    where sign_in_guard.version = :p4::bigint
    returning version),
  told as (
    )" STOA_TELL(":p5") R"(, root)
  select version from root)"};

// Guards that guard nobody any more: `last_at` is their last failure or the end of their lock.
inline constexpr statement guards_due{"sign_in_guard_due", R"(
  select count(*) from (select 1 from sign_in_guard where last_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_guards{"sign_in_guard_purge", R"(
  with gone as (
    delete from sign_in_guard where identifier in (
      select identifier from sign_in_guard where last_at < :p1::timestamptz order by last_at limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};

inline constexpr purge_rule purges[] = {
    {"session", &sessions_due, &purge_sessions},
    {"sign_in_guard", &guards_due, &purge_guards},
};

session_state read(const rows::row& row);
page_of<session_view> read_page(const rows& found, const page_request& asked);
std::string rotations_json(const session_state& s);
session_rules::guard_state read_guard(const std::string& identifier, const rows& r);
std::vector<std::string> texts_of(const std::vector<timestamp>& times);

}  // namespace stoa::actors::session_store

namespace stoa::actors {

inline bound_statement load(const session_kind&, const session_id& id) { return {&session_store::load, {id}}; }
inline result<session_state> read(const session_kind&, const session_id&, const rows& found) {
  if (found.empty()) return session_rules::invalid_refresh_token();
  return session_store::read(found.front());
}
inline bound_statement revocation(const session_state& s, const moment& m) {
  return {&session_store::revoke, {m.now, s.id, event_rows(m.now).tell(s.user, s.id, session_ended{})}};
}
inline bound_statement save(const session_state& before, const session_state& after, const rotate_session&,
                            const moment& m) {
  if (after.revoked) return revocation(after, m);
  if (after.generation == before.generation && after.mfa_due == before.mfa_due)
    return {&session_store::confirm, {after.id, before.version}};
  return {&session_store::rotate,
          {after.generation, session_store::rotations_json(after), after.expires_at, after.id, before.version,
           after.mfa_due, m.now}};
}
inline bound_statement save(const session_state&, const session_state& after, const revoke_session&, const moment& m) {
  return revocation(after, m);
}
inline bound_statement save(const session_state&, const session_state& after, const revoke_own_session&,
                            const moment& m) {
  return revocation(after, m);
}
inline void written(session_state& next, rotation_answer& reply, const rotate_session&, const rows::row& first) {
  reply.session.version = next.version = first.integer(0);
}

inline bound_statement load(const sign_in_guard_kind&, const std::string& identifier) {
  return {&session_store::load_guard, {identifier}};
}
inline result<session_rules::guard_state> read(const sign_in_guard_kind&, const std::string& identifier,
                                               const rows& found) {
  return session_store::read_guard(identifier, found);
}
/// A lock and its end are told to the other processes; who counts failures there will read the rest when it writes.
inline bound_statement save_guard(const session_rules::guard_state& before, const session_rules::guard_state& after,
                                  const moment& m) {
  event_rows changed(m.now);
  if (after.locked_until && after.locked_until != before.locked_until) {
    const sign_in_locked told{after.identifier};
    changed.tell(std::nullopt, uuid::from_name(after.identifier), told);
  } else if (!after.locked_until && before.locked_until) {
    const sign_in_unlocked told{after.identifier};
    changed.tell(std::nullopt, uuid::from_name(after.identifier), told);
  }
  return {&session_store::write_guard,
          {after.identifier, value::array(session_store::texts_of(after.failures)), after.locked_until, before.version,
           changed}};
}
inline bound_statement save(const session_rules::guard_state& before, const session_rules::guard_state& after,
                            const settle_sign_in&, const moment& m) {
  if (after == before) return {&session_store::confirm_guard, {after.identifier, before.version}};
  return save_guard(before, after, m);
}
inline bound_statement save(const session_rules::guard_state& before, const session_rules::guard_state& after,
                            const lift_lock&, const moment& m) {
  if (after == before) return {&session_store::confirm_guard, {after.identifier, before.version}};
  return save_guard(before, after, m);
}

}  // namespace stoa::actors
