#include "actors/account/account_facade.hpp"
#include "actors/account/account_rules.hpp"
#include "actors/account/account_store.hpp"
#include "actors/session/revocations.hpp"
#include "actors/session/session_store.hpp"
#include "runtime/entity/entities.hpp"
#include "runtime/security/normalize.hpp"

namespace stoa::actors {
namespace {

/// The longest any access token lives.
constexpr seconds longest_access = hours{1};

class account_facade final : public account_service {
 public:
  account_facade(services& s, account_options options, runtime::hash_pool& hashes, runtime::token_service& tokens)
      : services_(s),
        options_(std::move(options)),
        hashes_(hashes),
        tokens_(tokens),
        accounts_(s.actors, entity_options_of(s)),
        sessions_(s.actors, entity_options_of(s)),
        guards_(s.actors, entity_options_of(s)) {
    for (runtime::any_directory* d : {&accounts_.home(), &sessions_.home(), &guards_.home()})
      s.directories.push_back(d);
    s.observers.push_back(observe<session_ended>("revocations", [this](const heard<session_ended>& e) {
      const session_id ended{e.entity};
      revocations_.revoke(ended, e.at);
      if (!e.here) sessions_.refresh(ended);
    }));
    s.observers.push_back(observe<user_roles_changed>("roles", [this](const heard<user_roles_changed>& e) {
      role_set roles;
      roles.bits = static_cast<unsigned>(e.fact.roles);
      revocations_.change_roles(user_id{e.entity}, roles, e.at);
      if (!e.here) accounts_.refresh(user_id{e.entity});
    }));
    s.observers.push_back(observe<user_updated>("accounts", [this](const heard<user_updated>& e) {
      if (!e.here) accounts_.refresh(user_id{e.entity});
    }));
    s.observers.push_back(observe<sign_in_locked>("sign_in_locks", [this](const heard<sign_in_locked>& e) {
      if (!e.here) guards_.refresh(e.fact.identifier);
    }));
  }

  task<account_ptr> make_account(registration r) override {
    auto admitted = co_await account_rules::admit(r, options_.self_service_roles);
    auto creating = create(std::move(admitted), r.password, r.track);
    co_return co_await std::move(creating);
  }

  task<signed_in> sign_up(registration r, session_terms terms) override {
    auto making = make_account(std::move(r));
    auto who = co_await std::move(making);
    auto opening = open_session(std::move(who), std::move(terms));
    co_return co_await std::move(opening);
  }

  task<account_ptr> authenticate(credentials c) override {
    const auto identifier = runtime::fold_identifier(trim(c.identifier)).value_or(std::string());
    if (identifier.empty() || identifier.size() > 1000 || c.password.size() > 1024)
      co_return account_rules::invalid_credentials();
    co_await guards_.ask(identifier, check_sign_in{});
    const auto email = runtime::normalize_email(c.identifier).value_or(identifier);
    values who{email, identifier};
    auto looking = services_.db.query(account_store::find_credentials, std::move(who), lane::commands);
    auto found = co_await std::move(looking);
    const bool active = !found.empty() && found.front().boolean(2);
    std::string stored = found.empty() ? std::string() : found.front().text(1);
    auto verifying = hashes_.verify(c.password, stored);
    const bool right = co_await std::move(verifying);
    if (!right || !active) {
      co_await note_failure(identifier);
      co_return account_rules::invalid_credentials();
    }
    co_await guards_.ask(identifier, note_good_sign_in{});
    note_login note;
    if (hashes_.hasher().needs_rehash(stored)) {
      auto hashing = hashes_.hash(c.password);
      note.stronger_hash = co_await std::move(hashing);
    }
    const auto id = found.front().as<user_id>(0);
    co_await accounts_.ask(id, std::move(note));
    co_return co_await accounts_.get(id);
  }

  task<signed_in> sign_in(credentials c, session_terms terms) override {
    auto checking = authenticate(std::move(c));
    auto who = co_await std::move(checking);
    auto opening = open_session(std::move(who), std::move(terms));
    co_return co_await std::move(opening);
  }

  task<signed_in> open_session(account_ptr who, session_terms terms) override {
    const auto id = session_id::make();
    const auto now = services_.time.now();
    values v{id, who->id, terms.door, now, now + terms.refresh};
    auto writing = services_.db.query(session_store::create, std::move(v), lane::commands);
    co_await std::move(writing);
    session_state s;
    s.id = id;
    s.user = who->id;
    s.dialect = terms.door;
    signed_in out;
    out.tokens = make_tokens(s, who->roles, terms, now);
    out.account = std::move(who);
    co_return out;
  }

  task<token_pair> refresh(std::string refresh_token) override {
    const auto now = services_.time.now();
    const auto seen = tokens_.verify(refresh_token, runtime::token_type::refresh, now);
    if (!seen) co_return session_rules::invalid_refresh_token();
    // A refresh token carries its session's terms: its own life, and that of the access tokens beside it.
    const session_terms terms{seen.claims->dialect, seen.claims->access_life,
                              std::chrono::round<seconds>(seen.claims->expires_at - seen.claims->issued_at)};
    const rotate_session command{seen.claims->generation, terms.refresh};
    const auto answer = co_await sessions_.ask(seen.claims->session, command);
    if (!answer.accepted) {
      services_.log.warn("a refresh token came twice; its session ends", {{"session", answer.session.id.str()}});
      revocations_.revoke(answer.session.id, now);
      co_return session_rules::invalid_refresh_token();
    }
    if (answer.session.user != seen.claims->user) co_return session_rules::invalid_refresh_token();
    const auto who = co_await get(answer.session.user);
    if (!who->active) co_return session_rules::invalid_refresh_token();
    co_return make_tokens(answer.session, who->roles, terms, now);
  }

  task<done> sign_out(session_id session) override {
    co_await sessions_.ask(session, revoke_session{});
    revocations_.revoke(session, services_.time.now());
    co_return done{};
  }

  task<account_ptr> get(user_id user) override { return accounts_.get(user); }

  task<account_ptr> update(user_id user, profile_change change) override {
    change_profile command{std::move(change)};
    co_await accounts_.ask(user, std::move(command));
    co_return co_await accounts_.get(user);
  }

  task<done> change_password(user_id user, std::string current, std::string next, bool strict) override {
    auto reading = get(user);
    auto who = co_await std::move(reading);
    values v{user};
    auto looking = services_.db.query(account_store::password_of, std::move(v), lane::commands);
    auto found = co_await std::move(looking);
    if (found.empty()) co_return account_rules::user_not_found();
    // Guessing the present password from a stolen session counts toward the same lock as at the doors.
    const auto identifier = runtime::fold_identifier(who->email).value_or(who->email);
    co_await guards_.ask(identifier, check_sign_in{});
    auto verifying = hashes_.verify(current, found.front().text(0));
    const bool right = co_await std::move(verifying);
    if (!right) {
      co_await note_failure(identifier);
      co_return fault(fault_kind::rejected, "WRONG_PASSWORD", "Current password is incorrect");
    }
    co_await account_rules::check_password(next, who->email, strict);
    auto hashing = hashes_.hash(next);
    auto hash = co_await std::move(hashing);
    replace_password command{std::move(hash)};
    const auto ended = co_await accounts_.ask(user, std::move(command));
    const auto now = services_.time.now();
    for (const auto& session : ended) revocations_.revoke(session, now);
    co_return done{};
  }

  task<account_ptr> change_role(user_id user, role wanted) override {
    replace_role command{wanted, options_.self_service_roles};
    co_await accounts_.ask(user, std::move(command));
    auto who = co_await accounts_.get(user);
    revocations_.change_roles(user, who->roles, services_.time.now());
    co_return who;
  }

  task<bool> email_exists(std::string email) override {
    const auto key = runtime::normalize_email(email);
    if (!key) co_return false;
    values v{*key};
    auto looking = services_.db.query(account_store::email_exists, std::move(v));
    auto found = co_await std::move(looking);
    co_return !found.empty();
  }

  result<caller> identify(std::string_view access_token) const override {
    const auto seen = tokens_.verify(access_token, runtime::token_type::access, services_.time.now());
    if (!seen || revocations_.revoked(seen.claims->session))
      return fault(fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired");
    caller who;
    who.signed_in = true;
    who.user = seen.claims->user;
    who.session = seen.claims->session;
    if (auto changed = revocations_.newer_roles(who.user, seen.claims->issued_at)) {
      who.roles = *changed;
    } else {
      for (const auto& r : seen.claims->roles)
        if (auto known = role_named(r)) who.roles.add(*known);
    }
    return who;
  }

  void warm_up(std::function<void(result<done>)> finished) override {
    const auto read = [this, since = services_.time.now() - longest_access](connection& c) -> result<done> {
      values v{since};
      const auto ended = c.run(session_store::recently_revoked, v);
      for (auto row : ended) revocations_.revoke(row.as<session_id>(0), row.time(1));
      const auto changed = c.run(account_store::recent_role_changes, v);
      for (auto row : changed) {
        role_set roles;
        roles.bits = static_cast<unsigned>(row.integer(1));
        revocations_.change_roles(row.as<user_id>(0), roles, row.time(2));
      }
      return done{};
    };
    services_.db.transact(acts_as_system(), lane::reads, read, std::move(finished));
  }

  task<done> housekeeping() override {
    const auto now = services_.time.now();
    revocations_.forget(now - longest_access - minutes{5});
    purge_options options;
    options.meters = &services_.metrics;
    options.log = &services_.log;
    for (const auto& rule : session_store::purges) co_await purge(services_.db, rule, now - days{1}, options);
    co_return done{};
  }

  task<done> switch_user(std::string email, bool active) override {
    values v{runtime::normalize_email(email).value_or(email)};
    const auto found = co_await services_.db.query(account_store::describe, std::move(v));
    if (found.empty()) co_return account_rules::user_not_found();
    const auto who = account_store::read(found.front()).id;
    const switch_account command{active};
    const auto ended = co_await accounts_.ask(who, command);
    for (const auto& session : ended) revocations_.revoke(session, services_.time.now());
    services_.events_written();
    co_return done{};
  }

  task<user_id> add_user(registration r, role_set roles) override {
    const std::vector<role> any{role::student, role::instructor, role::admin};
    auto admitted = co_await account_rules::admit(r, any);
    admitted.roles = roles;
    auto creating = create(std::move(admitted), r.password, r.track);
    auto who = co_await std::move(creating);
    co_return who->id;
  }

 private:
  task<done> note_failure(std::string identifier) {
    const note_failed_sign_in command{options_.lock};
    if (co_await guards_.ask(std::move(identifier), command)) services_.log.warn("sign-in locked", {});
    co_return done{};
  }

  task<account_ptr> create(account_rules::admitted a, std::string password, std::string track) {
    auto hashing = hashes_.hash(std::move(password));
    const auto hash = co_await std::move(hashing);
    const auto id = user_id::make();
    const auto now = services_.time.now();
    values v{id,
             a.email,
             a.email_key,
             a.username,
             a.username_key,
             hash,
             a.first_name,
             a.last_name,
             track,
             static_cast<int>(a.roles.bits),
             now,
             event_rows(now).tell(id, id, user_created{a.roles.bits})};
    auto writing = services_.db.query(account_store::create, std::move(v), lane::commands);
    auto made = co_await as_result(std::move(writing));
    if (!made) {
      if (made.refusal().code == "account_email_key_key") co_return account_rules::email_taken();
      if (made.refusal().code == "account_username_key_key") co_return account_rules::username_taken();
      co_return std::move(made).refusal();
    }
    services_.events_written();
    auto who = std::make_shared<account>(account_store::read(made->front()));
    co_return account_ptr(std::move(who));
  }

  token_pair make_tokens(const session_state& s, role_set roles, const session_terms& life, timestamp now) const {
    runtime::token_claims claims;
    claims.user = s.user;
    claims.session = s.id;
    claims.issued_at = now;
    claims.dialect = s.dialect;
    claims.generation = s.generation;
    for (role r : {role::student, role::instructor, role::admin})
      if (roles.has(r)) claims.roles.emplace_back(name_of(r));
    token_pair out;
    out.session = s.id;
    claims.type = runtime::token_type::access;
    claims.expires_at = out.access_expires_at = now + life.access;
    out.access_token = tokens_.sign(claims);
    claims.type = runtime::token_type::refresh;
    claims.access_life = life.access;
    claims.expires_at = out.refresh_expires_at = now + life.refresh;
    out.refresh_token = tokens_.sign(claims);
    return out;
  }

  services& services_;
  account_options options_;
  runtime::hash_pool& hashes_;
  runtime::token_service& tokens_;
  revocations revocations_;
  runtime::entities<account_kind> accounts_;
  runtime::entities<session_kind> sessions_;
  runtime::entities<sign_in_guard_kind> guards_;
};

}  // namespace

account_service& offer_accounts(services& s, account_options options, runtime::hash_pool& hashes,
                                runtime::token_service& tokens) {
  auto facade = std::make_shared<account_facade>(s, std::move(options), hashes, tokens);
  s.areas.offer<stoa::accounts>(facade);
  s.areas.offer<stoa::people>(facade);
  return *facade;
}

}  // namespace stoa::actors
