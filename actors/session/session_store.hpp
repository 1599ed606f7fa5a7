// The SQL of sessions and sign-in guards.
#pragma once

#include "actors/session/session.hpp"
#include "actors/session/sign_in_guard.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/db.hpp"
#include "stoa/purge.hpp"

namespace stoa::actors::session_store {

inline constexpr statement create{"session.create", R"(
  insert into session (id, user_id, dialect, created_at, expires_at)
  values (:p1::uuid, :p2::uuid, :p3::text, :p4::timestamptz, :p5::timestamptz))"};

inline constexpr statement load{"session.load", R"(
  select id, user_id, dialect, generation, rotations, expires_at, revoked_at is not null, version from session where id = :p1::uuid)"};

inline constexpr statement rotate{"session.rotate", R"(
  update session set generation = :p1::int, rotations = :p2::jsonb, expires_at = :p3::timestamptz, version = version + 1
  where id = :p4::uuid and version = :p5::bigint and revoked_at is null returning version)"};

inline constexpr statement revoke{"session.revoke", R"(
  with ended as (
    update session set revoked_at = coalesce(revoked_at, :p1::timestamptz), version = version + 1
    where id = :p2::uuid returning version),
  told as (
    )" STOA_TELL(":p3") R"(, ended)
  select version from ended)"};

/// Sessions that ended so lately that access tokens of theirs may still live.
inline constexpr statement recently_revoked{"session.recently_revoked",
                                            "select id, revoked_at from session where revoked_at > :p1::timestamptz"};

// Sessions nobody can use any more.
inline constexpr statement expired_due{"session.expired_due", R"(
  select count(*) from (select 1 from session where expires_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_expired{"session.expired_purge", R"(
  with gone as (
    delete from session where id in (
      select id from session where expires_at < :p1::timestamptz order by expires_at limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};
inline constexpr statement revoked_due{"session.revoked_due", R"(
  select count(*) from (select 1 from session where revoked_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_revoked{"session.revoked_purge", R"(
  with gone as (
    delete from session where id in (
      select id from session where revoked_at < :p1::timestamptz order by revoked_at limit :p2::bigint for update skip locked)
    returning 1)
  select count(*) from gone)"};

inline constexpr statement load_guard{"sign_in_guard.load", R"(
  select array_to_string(failures, ','), locked_until, version from sign_in_guard where identifier = :p1::text)"};

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
    {"session.expired", &expired_due, &purge_expired},
    {"session.revoked", &revoked_due, &purge_revoked},
    {"sign_in_guard", &guards_due, &purge_guards},
};

session_state read(const rows::row& row);
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
  return {&session_store::rotate,
          {after.generation, session_store::rotations_json(after), after.expires_at, after.id, before.version}};
}
inline bound_statement save(const session_state&, const session_state& after, const revoke_session&, const moment& m) {
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
/// A lock is told to the other processes; who counts failures there will read the rest when it writes.
inline bound_statement save_guard(const session_rules::guard_state& before, const session_rules::guard_state& after,
                                  const moment& m) {
  event_rows locked(m.now);
  if (after.locked_until && after.locked_until != before.locked_until) {
    const sign_in_locked told{after.identifier};
    locked.tell(std::nullopt, uuid::from_name(after.identifier), told);
  }
  return {&session_store::write_guard,
          {after.identifier, value::array(session_store::texts_of(after.failures)), after.locked_until, before.version,
           locked}};
}
inline bound_statement save(const session_rules::guard_state& before, const session_rules::guard_state& after,
                            const note_failed_sign_in&, const moment& m) {
  return save_guard(before, after, m);
}
inline bound_statement save(const session_rules::guard_state& before, const session_rules::guard_state& after,
                            const note_good_sign_in&, const moment& m) {
  return save_guard(before, after, m);
}

}  // namespace stoa::actors
