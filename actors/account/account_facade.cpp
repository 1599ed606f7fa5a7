#include "actors/account/account_identities.hpp"
#include "actors/account/account_mfa.hpp"
#include "actors/account/account_rules.hpp"
#include "actors/account/account_service.hpp"
#include "actors/account/account_store.hpp"
#include "actors/account/ask_again.hpp"
#include "actors/account/attempts.hpp"
#include "actors/account/identity_store.hpp"
#include "actors/session/revocations.hpp"
#include "actors/session/session_store.hpp"
#include "actors/session/sign_in_budget.hpp"
#include "actors/track/chosen_track.hpp"
#include "runtime/entity/entities.hpp"
#include "runtime/security/normalize.hpp"

namespace stoa::actors {
namespace {

/// The longest any access token lives.
constexpr seconds longest_access = hours{1};
/// When a sign-out whose outcome is unknown is tried again.
constexpr seconds sign_out_pause{5};

/// Nobody knows whether it took place.
bool unknown(const fault& f) { return f.kind == fault_kind::unavailable || f.kind == fault_kind::internal; }

class account_facade final : public account_service {
 public:
  account_facade(services& s, account_options options, runtime::hash_pool& hashes, runtime::token_service& tokens)
      : services_(s),
        options_(std::move(options)),
        hashes_(hashes),
        tokens_(tokens),
        accounts_(s.actors, entity_options_of(s)),
        sessions_(s.actors, entity_options_of(s)),
        codes_(runtime::secret_box(options_.sealing_key, options_.older_sealing_keys, "second factors"), s.log),
        attempts_(s, options_.lock, hashes, codes_),
        mfa_(s, accounts_, sessions_, attempts_, codes_),
        sign_ins_(options_.sign_ins_per_hour),
        mails_(s, options_.mails),
        identities_(s, accounts_, attempts_, sign_ins_, mails_, options_.self_service_roles, own_doors()),
        tracks_(s.areas) {
    for (runtime::any_directory* d : {&accounts_.home(), &sessions_.home(), &attempts_.home()})
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
    s.observers.push_back(
        observe<user_updated, user_signed_in, user_password_changed, user_mfa_changed, identity_linked>(
            "accounts", [this](const auto& e) {
              if (!e.here) accounts_.refresh(user_id{e.entity});
            }));
    s.observers.push_back(observe<sign_in_locked, sign_in_unlocked>("sign_in_locks", [this](const auto& e) {
      if (!e.here) attempts_.refresh(e.fact.identifier);
    }));
  }

  task<account_ptr> make_account(registration r) override {
    auto admitted = co_await account_rules::admit(r, options_.self_service_roles);
    co_return co_await create(std::move(admitted), std::move(r.password), std::move(r.track), std::nullopt);
  }

  task<signed_in> sign_up(registration r, session_terms terms) override {
    auto admitted = co_await account_rules::admit(r, options_.self_service_roles);
    const auto now = services_.time.now();
    const new_session first{session_id::make(), terms.door, now + terms.refresh, terms.client};
    signed_in out;
    out.account = co_await create(std::move(admitted), std::move(r.password), std::move(r.track), first);
    out.tokens = tokens_of(first, *out.account, terms, now);
    co_return out;
  }

  task<authenticated> authenticate(credentials c) override {
    auto identifier = runtime::identifier_key(c.identifier);
    if (!identifier || c.password.size() > 1024) co_return account_rules::invalid_credentials();
    auto found = co_await services_.db.query(acts_as_system(), account_store::find_credentials,
                                             account_store::sought(c.identifier), lane::commands);
    account_store::known_credentials known;
    if (!found.empty()) {
      known = account_store::read_credentials(found.front());
      // Address and username are doors to one account, with one lock.
      identifier = known.email_key;
    }
    const auto proved = co_await attempts_.prove_sign_in(*identifier, c.password, std::move(c.mfa_code), known);
    co_await sign_ins_.take(known.id, services_.time.now());
    authenticated out;
    out.proof = {known.version, known.password_version};
    out.code = proved.code;
    if (proved.as_typed || hashes_.hasher().needs_rehash(known.password_hash))
      out.stronger_hash = co_await hashes_.hash(runtime::normalize_password(c.password), runtime::hash_share::sign_in);
    out.account = co_await accounts_.get(known.id);
    co_return out;
  }

  task<signed_in> sign_in(credentials c, session_terms terms) override {
    auto who = co_await authenticate(std::move(c));
    co_return co_await open_session(std::move(who), std::move(terms));
  }

  task<signed_in> open_session(authenticated who, session_terms terms) override {
    const auto now = services_.time.now();
    const auto id = who.account->id;
    const begin_session command{
        {session_id::make(), terms.door, now + terms.refresh, terms.client}, who.proof, who.stronger_hash, who.code};
    co_await ask_again(accounts_, id, command);
    signed_in out;
    out.account = co_await accounts_.get(id);
    out.tokens = tokens_of(command.session, *out.account, terms, now);
    co_return out;
  }

  task<token_pair> refresh(std::string refresh_token, std::string mfa_code) override {
    const auto now = services_.time.now();
    const auto seen = tokens_.verify(refresh_token, runtime::token_type::refresh, now);
    if (!seen || revocations_.revoked(seen.claims->session)) co_return session_rules::invalid_refresh_token();
    // A refresh token carries its session's terms: its own life, and that of the access tokens beside it.
    const session_terms terms{seen.claims->dialect, seen.claims->access_life,
                              std::chrono::round<seconds>(seen.claims->expires_at - seen.claims->issued_at)};
    rotate_session command{seen.claims->generation, terms.refresh};
    auto rotated = co_await as_result(sessions_.ask(seen.claims->session, command));
    if (!rotated && rotated.refusal().code == session_rules::code_required().code && !mfa_code.empty()) {
      co_await mfa_.spend(seen.claims->user, std::move(mfa_code));
      command.code_shown = true;
      rotated = co_await as_result(sessions_.ask(seen.claims->session, command));
    }
    if (!rotated) co_return std::move(rotated).refusal();
    const auto answer = std::move(*rotated);
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
    const auto ended = co_await as_result(sessions_.ask(session, revoke_session{}));
    if (ended || unknown(ended.refusal())) revocations_.revoke(session, services_.time.now());
    if (ended) co_return done{};
    if (unknown(ended.refusal())) end_later(session);
    co_return ended.refusal();
  }

  task<done> sign_out(user_id user, session_id session, std::string refresh_token) override {
    const auto seen = tokens_.verify(refresh_token, runtime::token_type::refresh, services_.time.now());
    if (!seen || seen.claims->user != user) co_return session_rules::foreign_refresh_token();
    // One's own first: it ends whatever becomes of the other.
    auto own = co_await as_result(sign_out(session));
    if (seen.claims->session != session) co_await sign_out(seen.claims->session);
    co_return std::move(own);
  }

  task<page_of<session_view>> sessions_of(user_id user, page_request asked) override {
    values v{user, services_.time.now(), asked.size, asked.offset()};
    const auto found = co_await services_.db.query(acts_as(user), session_store::of_user, std::move(v));
    co_return session_store::read_page(found, asked);
  }

  task<done> end_session(user_id user, session_id session) override {
    const revoke_own_session command{user};
    const auto ended = co_await as_result(sessions_.ask(session, command));
    // The kind's word for an id that nobody has is that of a token.
    const bool nobodys = !ended && ended.refusal().kind == fault_kind::unauthenticated;
    if (ended) revocations_.revoke(session, services_.time.now());
    if (nobodys) co_return session_rules::session_not_found();
    co_return ended;
  }

  task<done> end_other_sessions(user_id user, session_id kept) override {
    const actors::end_other_sessions command{kept};
    end_sessions(co_await ask_again(accounts_, user, command));
    co_return done{};
  }

  task<mfa_status> mfa_of(user_id user) override { return mfa_.status(user); }
  task<mfa_secret> begin_mfa(user_id user) override { return mfa_.begin(user, options_.mfa_issuer); }
  task<std::vector<std::string>> verify_mfa(user_id user, session_id shown_in, std::string code) override {
    return mfa_.verify(user, shown_in, std::move(code));
  }
  task<done> disable_mfa(user_id user, std::string code) override { return mfa_.disable(user, std::move(code)); }
  task<std::vector<std::string>> new_recovery_codes(user_id user, std::string code) override {
    return mfa_.new_recovery_codes(user, std::move(code));
  }

  task<account_ptr> get(user_id user) override {
    auto who = co_await accounts_.get(user);
    co_return account_ptr(std::move(who));
  }

  task<account_ptr> update(user_id user, profile_change change) override {
    if (change.track) change.track = co_await chosen_track(*tracks_, std::move(*change.track));
    change_profile command{std::move(change)};
    co_await accounts_.ask(user, std::move(command));
    co_return co_await get(user);
  }

  task<done> change_password(user_id user, std::string current, std::string next, bool strict) override {
    const auto known = co_await mfa_.known(user);
    // Guessing the present password from a stolen session counts toward the same lock as at the doors.
    co_await attempts_.prove_password(std::move(current), known);
    co_await account_rules::check_password(next, known.email_key, strict);
    auto hash = co_await hashes_.hash(runtime::normalize_password(next));
    replace_password command{{known.version, known.password_version}, std::move(hash)};
    co_return co_await end_all_by(user, std::move(command));
  }

  task<done> ask_password_reset(std::string email, std::string client) override {
    return mails_.ask_reset(std::move(email), std::move(client));
  }

  task<done> reset_password(std::string secret, std::string next, bool strict) override {
    const auto link = co_await mails_.find_reset(std::move(secret));
    co_await account_rules::check_password(next, link.email_key, strict);
    auto hash = co_await hashes_.hash(runtime::normalize_password(next));
    actors::reset_password command{link.proof, std::move(hash)};
    co_await end_all_by(link.user, std::move(command));
    // The lock was for those who guess the old password; where there is a second factor, for those who guess its codes,
    // too, and a mailbox is no proof of that. The new one stands whatever comes of this.
    const auto mfa = co_await as_result(mfa_.status(link.user));
    if (!mfa || mfa->enabled) co_return done{};
    const auto lifted = co_await as_result(attempts_.lift(link.email_key));
    if (!lifted) services_.log.warn("a lock was not lifted after a new password", {{"code", lifted.refusal().code}});
    co_return done{};
  }

  task<done> ask_email_verification(user_id user) override { return mails_.ask_verification(user); }
  task<done> verify_email(std::string secret) override { return mails_.verify(std::move(secret)); }
  task<email_state> email_of(user_id user) override { return mails_.state_of(user); }

  task<account_ptr> change_role(user_id user, role wanted) override {
    replace_role command{wanted, options_.self_service_roles};
    co_await accounts_.ask(user, std::move(command));
    auto who = co_await get(user);
    revocations_.change_roles(user, who->roles, services_.time.now());
    co_return who;
  }

  task<bool> email_exists(std::string email) override {
    if (!runtime::normalize_email(email)) co_return false;
    const auto found =
        co_await services_.db.query(acts_as_system(), account_store::email_exists, account_store::sought(email));
    co_return !found.empty();
  }

  result<caller> identify(std::string_view access_token) const override {
    const auto seen = tokens_.verify(access_token, runtime::token_type::access, services_.time.now());
    if (!seen || revocations_.revoked(seen.claims->session, seen.claims->user, seen.claims->issued_at))
      return account_rules::invalid_token();
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

  std::optional<task<done>> confirm(const caller& who) override {
    const auto known = accounts_.peek(who.user);
    if (known && known->active) return std::nullopt;
    return has_account(who.user);
  }

  void warm_up(std::function<void(result<done>)> finished) override {
    const auto read = [this, since = services_.time.now() - longest_access](connection& c) -> result<done> {
      c.run(account_store::number_by, {options_.number_start, options_.number_step});
      values v{since};
      const auto ended = c.run(session_store::recently_revoked, v);
      for (auto row : ended) {
        const auto one = read_columns<session_store::revoked_session>(row);
        revocations_.revoke(one.id, one.revoked_at);
      }
      const auto changed = c.run(account_store::recent_role_changes, v);
      for (auto row : changed) {
        const auto one = read_columns<account_store::role_change>(row);
        revocations_.change_roles(one.id, one.roles, one.roles_changed_at);
      }
      return done{};
    };
    services_.db.transact(acts_as_system(), lane::commands, read, std::move(finished));
  }

  task<done> housekeeping() override {
    const auto now = services_.time.now();
    revocations_.forget(now - longest_access - minutes{5});
    sign_ins_.forget(now);
    mails_.forget(now);
    purge_options options;
    options.meters = &services_.metrics;
    options.log = &services_.log;
    for (const auto& rule : session_store::purges) co_await purge(services_.db, rule, now - days{1}, options);
    co_await purge(services_.db, account_store::dead_links, now - days{1}, options);
    co_await purge(services_.db, identity_store::dead_tickets, now, options);
    co_return done{};
  }

  task<done> switch_user(std::string email, bool active) override {
    const auto who = co_await named(std::move(email));
    const switch_account command{active};
    end_sessions(co_await accounts_.ask(who, command));
    services_.events_written();
    co_return done{};
  }

  task<done> take_mfa_away(std::string email) override {
    const auto who = co_await named(std::move(email));
    co_await mfa_.take_away(who);
    services_.events_written();
    co_return done{};
  }

  account_mails& mails() override { return mails_; }
  stoa::identities& identities() { return identities_; }

  task<user_id> add_user(registration r, role_set roles) override {
    const std::vector<role> any{role::student, role::instructor, role::admin};
    auto admitted = co_await account_rules::admit(r, any);
    admitted.roles = roles;
    const auto who = co_await create(std::move(admitted), std::move(r.password), std::move(r.track), std::nullopt);
    co_return who->id;
  }

 private:
  task<user_id> named(std::string email) {
    const auto found =
        co_await services_.db.query(acts_as_system(), account_store::describe, account_store::sought(email));
    if (found.empty()) co_return account_rules::user_not_found();
    co_return account_store::read(found.front()).id;
  }

  task<done> has_account(user_id user) {
    const auto found = co_await as_result(accounts_.get(user));
    const bool nobody = found ? !(*found)->active : found.refusal().kind == fault_kind::not_found;
    if (nobody) co_return account_rules::invalid_token();
    if (!found) co_return found.refusal();
    co_return done{};
  }

  /// Puts a new password in place, which ends every session.
  template <class Command>
  task<done> end_all_by(user_id user, Command command) {
    const auto ended = co_await as_result(ask_again(accounts_, user, std::move(command)));
    if (ended) {
      end_sessions(*ended);
      co_return done{};
    }
    // Which sessions it may have ended is not known either: their rows say so when they are refreshed.
    if (unknown(ended.refusal())) revocations_.revoke_all(user, services_.time.now());
    co_return ended.refusal();
  }

  /// What lives here of sessions whose rows were ended forgets them.
  void end_sessions(const std::vector<session_id>& ended) {
    const auto now = services_.time.now();
    for (const auto& session : ended) {
      revocations_.revoke(session, now);
      sessions_.refresh(session);
    }
  }

  /// Ends a session of which nobody knows whether it was, until somebody does.
  void end_later(session_id session) {
    services_.alarms.set(services_.time.now() + sign_out_pause, [this, session] {
      detach<done>(sessions_.ask(session, revoke_session{}), [this, session](const result<done>& r) {
        revocations_.revoke(session, services_.time.now());
        if (!r.ok() && unknown(r.refusal())) end_later(session);
      });
    });
  }

  task<account_ptr> create(account_rules::admitted a, std::string password, std::string track,
                           std::optional<new_session> first) {
    track = co_await chosen_track(*tracks_, std::move(track));
    const auto hash = co_await hashes_.hash(runtime::normalize_password(password));
    const auto id = user_id::make();
    const auto now = services_.time.now();
    values v{id,
             a.email,
             a.email_key,
             a.username.value_or(std::string()),
             a.username_key,
             hash,
             a.first_name,
             a.last_name,
             track,
             static_cast<int>(a.roles.bits),
             now,
             event_rows(now).tell(id, id, user_created{a.roles.bits})};
    v.emplace_back(first ? value(first->id) : value(std::nullopt));
    v.emplace_back(first ? value(first->door) : value(std::nullopt));
    v.emplace_back(first ? value(first->expires_at) : value(std::nullopt));
    v.push_back(value::array(a.older_email_keys));
    v.push_back(mails_.at_registration(id, now));
    v.emplace_back(first ? first->client : std::string());
    auto writing = services_.db.query(acts_as_system(), account_store::create, std::move(v), lane::commands);
    auto made = co_await as_result(std::move(writing));
    if (!made) {
      if (made.refusal().code == "account_email_key_key") co_return account_rules::email_taken();
      if (made.refusal().code == "account_username_key_key") co_return account_rules::username_taken();
      co_return std::move(made).refusal();
    }
    if (made->empty()) co_return account_rules::email_taken();
    services_.events_written();
    co_return std::make_shared<const account_state>(account_store::read(made->front()));
  }

  account_identities::doors own_doors() {
    account_identities::doors d;
    d.open = [this](authenticated who, session_terms terms) { return open_session(std::move(who), std::move(terms)); };
    d.ended = [this](const std::vector<session_id>& ended) { end_sessions(ended); };
    d.tokens = [this](const new_session& opened, const account& who, const session_terms& terms, timestamp now) {
      return tokens_of(opened, who, terms, now);
    };
    return d;
  }

  token_pair tokens_of(const new_session& opened, const account& who, const session_terms& terms, timestamp now) const {
    session_state s;
    s.id = opened.id;
    s.user = who.id;
    s.dialect = opened.door;
    return make_tokens(s, who.roles, terms, now);
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
  const mfa_codes codes_;
  attempts attempts_;
  account_mfa mfa_;
  sign_in_budget sign_ins_;
  account_mails mails_;
  account_identities identities_;
  use_of<stoa::tracks> tracks_;
};

}  // namespace

account_service& offer_accounts(services& s, account_options options, runtime::hash_pool& hashes,
                                runtime::token_service& tokens) {
  auto facade = std::make_shared<account_facade>(s, std::move(options), hashes, tokens);
  s.areas.offer<stoa::accounts>(facade);
  s.areas.offer<stoa::people>(facade);
  s.areas.offer<stoa::identities>(std::shared_ptr<stoa::identities>(facade, &facade->identities()));
  return *facade;
}

}  // namespace stoa::actors
