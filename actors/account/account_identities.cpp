#include "actors/account/account_identities.hpp"

#include <utility>

#include "actors/account/ask_again.hpp"
#include "actors/account/identity_store.hpp"
#include "actors/account/mail_rules.hpp"
#include "actors/track/chosen_track.hpp"
#include "runtime/security/normalize.hpp"
#include "stoa/crypto.hpp"
#include "stoa/json.hpp"
#include "stoa/wire.hpp"

namespace stoa::actors {

using identity_rules::way;

namespace {

/// Somebody else made the account or the link in between: what is known now is read again.
bool overtaken(const fault& f) {
  return f.code == "account_email_key_key" || f.code == "account_identity_pkey" ||
         f.code == "account_identity_user_id_provider_key" || f.code == account_rules::email_taken().code;
}

}  // namespace

task<signed_in> account_identities::enter(identity_claim claim, newcomer with, std::string mfa_code,
                                          session_terms terms) {
  attempt a;
  a.claim = co_await identity_rules::checked(std::move(claim));
  a.with = std::move(with);
  a.mfa_code = std::move(mfa_code);
  a.terms = std::move(terms);
  auto entered = co_await as_result(run(a));
  if (entered || !identity_rules::wants_code(entered.refusal())) co_return std::move(entered);
  const auto ticket = co_await keep(a.claim);
  co_return identity_rules::with_ticket(std::move(entered).refusal(), ticket);
}

task<signed_in> account_identities::enter_by_ticket(std::string ticket, std::string mfa_code, session_terms terms) {
  attempt a;
  a.ticket_hash = mail_rules::hash_of(ticket);
  values v{a.ticket_hash, services_.time.now()};
  const auto found =
      co_await services_.db.query(acts_as_system(), identity_store::find_ticket, std::move(v), lane::commands);
  if (found.empty()) co_return identity_rules::dead_ticket();
  const auto kept = co_await json::parse(found.front().raw(0));
  a.claim = co_await wire::read<identity_claim>(kept);
  a.mfa_code = std::move(mfa_code);
  a.terms = std::move(terms);
  auto entered = co_await as_result(run(std::move(a)));
  if (entered || !identity_rules::wants_code(entered.refusal())) co_return std::move(entered);
  co_return identity_rules::with_ticket(std::move(entered).refusal(), ticket);
}

task<signed_in> account_identities::run(attempt a) {
  constexpr int most_races = 8;
  for (int lost = 0;; ++lost) {
    auto entered = co_await as_result(once(a));
    if (entered || lost == most_races || !overtaken(entered.refusal())) co_return std::move(entered);
  }
}

task<signed_in> account_identities::once(attempt& a) {
  const auto found = co_await services_.db.query(acts_as_system(), identity_store::find,
                                                 identity_store::sought(a.claim), lane::commands);
  std::optional<identity_rules::candidate> who;
  account_store::known_credentials known;
  if (!found.empty()) {
    known = account_store::read_credentials(found.front());
    who = identity_store::read_candidate(found.front());
  }
  const auto how = co_await identity_rules::judge(a.claim, who);
  // The account that the ticket was for is gone: what is left of it makes no other one.
  if (how == way::make && !a.ticket_hash.empty()) co_return identity_rules::dead_ticket();
  if (how == way::make) co_return co_await make(a);

  authenticated proved;
  proved.code = co_await attempts_.prove_claimed(a.mfa_code, known);
  co_await sign_ins_.take(known.id, services_.time.now());
  if (!a.ticket_hash.empty()) {
    values v{a.ticket_hash, services_.time.now()};
    const auto spent =
        co_await services_.db.query(acts_as_system(), identity_store::spend_ticket, std::move(v), lane::commands);
    if (spent.empty()) co_return identity_rules::dead_ticket();
    a.ticket_hash.clear();  // a race that is lost behind this is run again
  }
  if (how != way::open) {
    co_await link(a, known, how);
    values v{known.id};
    const auto now_is =
        co_await services_.db.query(acts_as_system(), account_store::credentials_of, std::move(v), lane::commands);
    if (now_is.empty()) co_return account_rules::invalid_credentials();
    known = account_store::read_credentials(now_is.front());
  }
  proved.proof = {known.version, known.password_version};
  proved.account = co_await accounts_.get(known.id);
  session_terms terms = a.terms;
  co_return co_await to_.open(std::move(proved), std::move(terms));
}

task<done> account_identities::link(const attempt& a, const account_store::known_credentials& known, way how) {
  const link_identity command{a.claim.provider,       a.claim.subject,           a.claim.email,
                              a.claim.email_verified, how == way::link_and_drop, known.version};
  to_.ended(co_await ask_again(accounts_, known.id, command));
  services_.log.info("identity linked", {{"user", known.id.str()}, {"provider", a.claim.provider}});
  co_return done{};
}

task<signed_in> account_identities::make(const attempt& a) {
  const auto admitted = co_await identity_rules::admit(a.claim, a.with.wanted, self_service_);
  const auto track = co_await chosen_track(services_.areas.use<tracks>(), a.with.track);
  const auto now = services_.time.now();
  const auto id = user_id::make();
  const new_session first{session_id::make(), a.terms.door, now + a.terms.refresh, a.terms.client};
  event_rows told(now);
  told.tell(id, id, user_created{admitted.roles.bits}).tell(id, id, identity_linked{a.claim.provider, false});
  const auto mail = a.claim.email_verified ? job_rows(now) : mails_.at_registration(id, now);
  values v{id,
           admitted.email,
           admitted.email_key,
           value::array(admitted.older_email_keys),
           admitted.first_name,
           admitted.last_name,
           track,
           a.claim.picture,
           static_cast<int>(admitted.roles.bits),
           a.claim.email_verified,
           now,
           a.claim.provider,
           a.claim.subject,
           told,
           mail,
           first.id,
           first.door,
           first.expires_at,
           first.client};
  const auto made = co_await services_.db.query(acts_as_system(), identity_store::make, std::move(v), lane::commands);
  if (made.empty()) co_return account_rules::email_taken();
  services_.events_written();
  signed_in out;
  out.account = std::make_shared<const account_state>(account_store::read(made.front()));
  out.tokens = to_.tokens(first, *out.account, a.terms, now);
  co_return out;
}

task<std::string> account_identities::keep(const identity_claim& claim) {
  const auto ticket = mail_rules::make_token();
  values v{ticket.hash, wire::write(claim), services_.time.now() + identity_rules::ticket_life};
  co_await services_.db.query(acts_as_system(), identity_store::keep_ticket, std::move(v), lane::commands);
  co_return ticket.secret;
}

task<std::vector<identity_link>> account_identities::links_of(user_id user) {
  values v{user};
  const auto found = co_await services_.db.query(acts_as(user), identity_store::links_of, std::move(v));
  std::vector<identity_link> out;
  for (auto row : found) out.push_back(read_columns<identity_link>(row));
  co_return out;
}

task<done> account_identities::unlink(user_id user, std::string provider) {
  const auto now = services_.time.now();
  std::function<result<done>(connection&)> work = [&](connection& db) -> result<done> {
    const auto ways = db.run(identity_store::ways_in, {user, provider});
    if (ways.empty()) return account_rules::user_not_found();
    const auto row = ways.front();
    auto may = identity_rules::may_unlink(row.boolean(0), static_cast<std::size_t>(row.integer(1)), row.boolean(2));
    if (!may) return may;
    db.run(identity_store::unlink, {user, provider, event_rows(now).tell(user, user, identity_unlinked{provider})});
    return done{};
  };
  co_await services_.db.in_transaction(acts_as(user), std::move(work));
  services_.events_written();
  services_.log.info("identity unlinked", {{"user", user.str()}, {"provider", provider}});
  co_return done{};
}

}  // namespace stoa::actors

namespace stoa {

identities::~identities() = default;

}  // namespace stoa
