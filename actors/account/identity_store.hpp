// The SQL of identities at providers.
#pragma once

#include "actors/account/account_store.hpp"
#include "actors/account/identity_rules.hpp"
#include "stoa/columns.hpp"
#include "stoa/jobs.hpp"
#include "stoa/purge.hpp"

namespace stoa::actors::identity_store {

/// Who answers to a claim: whoever is linked, before whoever has the address.
inline constexpr auto find_sql = "select " + columns<account_store::credentials_row, "a"> + ", " +
                                 columns<mfa_state, "a"> + ", " + columns<identity_rules::candidate, "a"> + R"( from (
    select account.*, here.user_id is not null as linked,
      exists (select 1 from account_identity o
        where o.user_id = account.id and o.provider = :p1::text and o.subject <> :p2::text) as other_identity,
      email_verified_at is not null as address_proved
    from account
    left join account_identity here on here.user_id = account.id and here.provider = :p1::text and here.subject = :p2::text
    where account.id = (select user_id from account_identity where provider = :p1::text and subject = :p2::text)
      or account.email_key = :p3::text or account.email_key = any(:p4::text[])
    order by here.user_id is not null desc, account.email_key = :p3::text desc limit 1) a)";
inline constexpr statement find{"account.find_identity", find_sql};

/// An account without a password, its link, its events and its first session; no row where the address is taken under
/// an older key; or a violation of account_email_key_key or account_identity_pkey.
inline constexpr auto make_sql = R"(
  with made as (
    insert into account (id, email, email_key, password_hash, first_name, last_name, track, avatar_url, roles,
                         email_verified_at, created_at, updated_at)
    select :p1::uuid, :p2::text, :p3::text, '', :p5::text, :p6::text, :p7::text, :p8::text, :p9::int,
           case when :p10::boolean then :p11::timestamptz end, :p11::timestamptz, :p11::timestamptz
    where not exists (select 1 from account where email_key = any(:p4::text[]))
    returning *),
  linked as (
    insert into account_identity (provider, subject, user_id, email, linked_at)
    select :p12::text, :p13::text, id, email, created_at from made),
  told as (
    )" STOA_TELL(":p14") R"(, made),
  queued as (
    )" STOA_QUEUE(":p15") R"(, made),
  opened as (
    insert into session (id, user_id, dialect, created_at, expires_at, client)
    select :p16::uuid, id, :p17::text, created_at, :p18::timestamptz, :p19::text from made)
  select )" + account_store::state_columns +
                                 " from made";
inline constexpr statement make{"account.make_by_identity", make_sql};

inline constexpr statement keep_ticket{"account.keep_ticket", R"(
  insert into identity_ticket (hash, claim, expires_at) values (:p1::text, :p2::jsonb, :p3::timestamptz))"};
inline constexpr statement find_ticket{"account.find_ticket", R"(
  select claim from identity_ticket where hash = :p1::text and expires_at > :p2::timestamptz)"};
inline constexpr statement spend_ticket{"account.spend_ticket", R"(
  delete from identity_ticket where hash = :p1::text and expires_at > :p2::timestamptz returning 1)"};

inline constexpr auto links_sql = "select " + columns<identity_link> +
                                  " from account_identity where user_id = :p1::uuid order by linked_at, provider";
inline constexpr statement links_of{"account.identities", links_sql};

/// Whether there is a password, how many links, and whether one is to that provider; nothing changes meanwhile.
inline constexpr statement ways_in{"account.ways_in", R"(
  select a.password_hash <> '', (select count(*) from account_identity where user_id = a.id),
    exists (select 1 from account_identity where user_id = a.id and provider = :p2::text)
  from account a where a.id = :p1::uuid for update)"};
inline constexpr statement unlink{"account.unlink_identity", R"(
  with gone as (
    delete from account_identity where user_id = :p1::uuid and provider = :p2::text returning 1),
  told as (
    )" STOA_TELL(":p3") R"(, gone)
  select count(*) from gone)"};

inline constexpr statement tickets_due{"identity_ticket_due", R"(
  select count(*) from (select 1 from identity_ticket where expires_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_tickets{"identity_ticket_purge", R"(
  with gone as (
    delete from identity_ticket where hash in (
      select hash from identity_ticket where expires_at < :p1::timestamptz order by expires_at limit :p2::bigint
      for update skip locked)
    returning 1)
  select count(*) from gone)"};

inline constexpr purge_rule dead_tickets{"identity_ticket", &tickets_due, &purge_tickets};

/// What `find` is asked with.
inline values sought(const identity_claim& claim) {
  values v{claim.provider, claim.subject};
  for (auto& key : account_store::sought(claim.email)) v.push_back(std::move(key));
  return v;
}

inline identity_rules::candidate read_candidate(const rows::row& row) {
  return read_columns<identity_rules::candidate>(
      row, column_count<account_store::credentials_row> + column_count<mfa_state>);
}

}  // namespace stoa::actors::identity_store
