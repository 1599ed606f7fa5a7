// The SQL of sessions and sign-in guards.
#pragma once

#include "actors/session/session_rules.hpp"
#include "stoa/db.hpp"

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
  update session set revoked_at = coalesce(revoked_at, :p1::timestamptz), version = version + 1
  where id = :p2::uuid returning version)"};

/// Sessions that ended so lately that access tokens of theirs may still live.
inline constexpr statement recently_revoked{"session.recently_revoked",
                                            "select id, revoked_at from session where revoked_at > :p1::timestamptz"};

/// Sessions nobody can use any more.
inline constexpr statement purge{"session.purge", R"(
  delete from session where id in (select id from session where expires_at < :p1::timestamptz or revoked_at < :p1::timestamptz limit 1000))"};

inline constexpr statement load_guard{"sign_in_guard.load", R"(
  select array_to_string(failures, ','), locked_until, version from sign_in_guard where identifier = :p1::text)"};

inline constexpr statement write_guard{"sign_in_guard.write", R"(
  insert into sign_in_guard (identifier, failures, locked_until, version)
  values (:p1::text, :p2::timestamptz[], :p3::timestamptz, 1)
  on conflict (identifier) do update set failures = excluded.failures, locked_until = excluded.locked_until,
    version = sign_in_guard.version + 1
  where sign_in_guard.version = :p4::bigint
  returning version)"};

inline constexpr statement purge_guards{"sign_in_guard.purge", R"(
  delete from sign_in_guard where coalesce(locked_until, '-infinity') < :p1::timestamptz
    and coalesce((select max(f) from unnest(failures) f), '-infinity') < :p1::timestamptz)"};

session_state read(const rows::row& row);
std::string rotations_json(const session_state& s);
session_rules::guard_state read_guard(const rows& r);

}  // namespace stoa::actors::session_store
