#include "actors/account/account_mails.hpp"

#include <utility>

#include "actors/account/account_store.hpp"
#include "stoa/columns.hpp"

namespace stoa::actors {
namespace {

using mail_rules::purpose;

/// Whom a mail goes to.
struct addressee {
  user_id id;
  std::string email, first_name, last_name;
  std::int64_t password_version = 0;
  bool verified = false;
};
BOOST_DESCRIBE_STRUCT(addressee, (), (id, email, first_name, last_name, password_version, verified))

// Locked until the mail's link is kept, so that mails to one account are counted one after another.
constexpr auto addressee_sql =
    "select " + columns<addressee> + " from (select *, email_verified_at is not null as verified from account ";
constexpr auto by_email_sql = addressee_sql + R"(
    where (email_key = :p1::text or email_key = any(:p2::text[])) and active
    order by email_key = :p1::text desc limit 1 for no key update) a)";
constexpr statement by_email{"account.mail_by_email", by_email_sql};
constexpr auto by_id_sql = addressee_sql + "where id = :p1::uuid and active for no key update) a";
constexpr statement by_id{"account.mail_by_id", by_id_sql};

constexpr statement written_lately{"account.mails_lately", R"(
  select count(distinct request) from account_token
  where user_id = :p1::uuid and purpose = :p2::text and created_at > :p3::timestamptz and request <> :p4::uuid)"};

constexpr statement keep_link{"account.keep_link", R"(
  insert into account_token (hash, user_id, purpose, request, password_version, created_at, expires_at)
  values (:p1::text, :p2::uuid, :p3::text, :p4::uuid, :p5::bigint, :p6::timestamptz, :p7::timestamptz))"};

struct reset_row {
  user_id id;
  std::string email_key;
  std::int64_t version = 0;
  std::int64_t password_version = 0;
};
BOOST_DESCRIBE_STRUCT(reset_row, (), (id, email_key, version, password_version))

constexpr auto find_reset_sql = "select " + columns<reset_row, "a"> + R"( from account_token t
  join account a on a.id = t.user_id and a.active and a.password_version = t.password_version
  where t.hash = :p1::text and t.purpose = 'reset' and t.expires_at > :p2::timestamptz)";
constexpr statement find_link{"account.find_reset", find_reset_sql};

constexpr statement prove_email{"account.prove_email", R"(
  with spent as (
    delete from account_token where hash = :p1::text and purpose = 'verify' and expires_at > :p2::timestamptz
    returning user_id),
  proved as (
    update account set email_verified_at = coalesce(email_verified_at, :p2::timestamptz) from spent
    where account.id = spent.user_id returning account.id),
  others as (
    delete from account_token using proved where user_id = proved.id and purpose = 'verify' and hash <> :p1::text)
  select id from proved)"};

constexpr auto state_sql = "select " + columns<email_state> + " from account where id = :p1::uuid";
constexpr statement email_of{"account.email_state", state_sql};

/// A mail that cannot leave now waits like other mail; a link that nobody can use any more is not worth a try.
job_policy patience() {
  job_policy p;
  p.attempts = 16;
  p.first_pause = seconds{15};
  p.longest_pause = hours{1};
  p.lease = minutes{3};
  return p;
}

std::string greeting(const addressee& a) {
  account named;
  named.first_name = a.first_name;
  named.last_name = a.last_name;
  auto name = named.full_name();
  return name.empty() ? a.email : name;
}

}  // namespace

account_mails::account_mails(services& s, mail_options options)
    : services_(s),
      options_(std::move(options)),
      own_address_([] { return std::string(); }),
      asked_(options_.asked_per_address) {}

task<done> account_mails::ask_reset(std::string email, std::string client) {
  if (!carrier()) co_return mail_rules::no_mailer();
  co_await asked_.take(client, services_.time.now());
  const reset_asked asked{std::move(email)};
  job_rows jobs(services_.time.now());
  jobs.add(asked);
  co_return co_await promise(std::move(jobs));
}

task<done> account_mails::ask_verification(user_id user) {
  if (!carrier()) co_return mail_rules::no_mailer();
  const verification_asked asked{user};
  job_rows jobs(services_.time.now());
  jobs.add(asked);
  co_return co_await promise(std::move(jobs));
}

task<done> account_mails::promise(job_rows jobs) {
  values v{jobs};
  co_await services_.db.query(acts_as_system(), queue_jobs, std::move(v), lane::commands);
  co_return done{};
}

job_rows account_mails::at_registration(user_id user, timestamp now) const {
  job_rows jobs(now);
  const verification_asked asked{user};
  if (options_.verify_at_registration && carrier()) jobs.add(asked);
  return jobs;
}

std::vector<job_worker> account_mails::workers() {
  std::vector<job_worker> all;
  all.push_back(worker_of<reset_asked>(
      [this](reset_asked w, job j) { return write(purpose::reset, &by_email, account_store::sought(w.email), j.id); },
      patience()));
  all.push_back(worker_of<verification_asked>(
      [this](verification_asked w, job j) { return write(purpose::verify, &by_id, values{w.user}, j.id); },
      patience()));
  return all;
}

std::string account_mails::page_of(purpose what) const {
  const auto& page = what == purpose::reset ? options_.reset_page : options_.verify_page;
  if (!page.empty()) return page;
  return own_address_() + (what == purpose::reset ? "/account/reset-password" : "/account/verify-email");
}

/// The link is made here and not where it was asked for: in the job's row it would lie in the open. Each attempt makes
/// one, since nobody knows whether the mail of an attempt that was cut off has gone out.
task<done> account_mails::write(purpose what, const statement* find, values whom, uuid request) {
  const auto by = carrier();
  if (!by) co_return mail_rules::no_mailer();
  const auto now = services_.time.now();
  const auto life = what == purpose::reset ? options_.reset_life : options_.verification_life;
  const auto token = mail_rules::make_token();
  auto to = std::make_shared<std::optional<addressee>>();
  std::function<result<done>(connection&)> keep = [=, this](connection& db) -> result<done> {
    to->reset();
    const auto found = db.run(*find, whom);
    if (found.empty()) return done{};
    auto known = read_columns<addressee>(found.front());
    if (what == purpose::verify && known.verified) return done{};
    const std::string word = mail_rules::name_of(what);
    const auto lately = db.run(written_lately, {known.id, word, now - hours{1}, request}).front().integer(0);
    if (!mail_rules::may_write(lately, options_.written_per_account)) return done{};
    db.run(keep_link, {token.hash, known.id, word, request, known.password_version, now, now + life});
    to->emplace(std::move(known));
    return done{};
  };
  co_await services_.db.in_transaction(acts_as_system(), std::move(keep));
  if (!*to) co_return done{};
  const addressee& known = **to;
  mail m;
  m.id = "account " + request.str();
  m.to = known.email;
  m.to_name = greeting(known) == known.email ? std::string() : greeting(known);
  m.template_name = what == purpose::reset ? "password_reset" : "verify_email";
  m.variables = {{"name", greeting(known)},
                 {"email", known.email},
                 {"link", mail_rules::link(page_of(what), token.secret)},
                 {"lifetime", mail_rules::in_words(life)}};
  co_return co_await by->deliver(std::move(m));
}

task<good_reset> account_mails::find_reset(std::string secret) {
  values v{mail_rules::hash_of(secret), services_.time.now()};
  const auto found = co_await services_.db.query(acts_as_system(), find_link, std::move(v), lane::commands);
  if (found.empty()) co_return mail_rules::dead_link();
  const auto row = read_columns<reset_row>(found.front());
  good_reset out;
  out.user = row.id;
  out.email_key = row.email_key;
  out.proof = {row.version, row.password_version};
  co_return out;
}

task<done> account_mails::verify(std::string secret) {
  values v{mail_rules::hash_of(secret), services_.time.now()};
  const auto proved = co_await services_.db.query(acts_as_system(), prove_email, std::move(v), lane::commands);
  if (proved.empty()) co_return mail_rules::dead_link();
  co_return done{};
}

task<email_state> account_mails::state_of(user_id user) {
  values v{user};
  const auto found = co_await services_.db.query(acts_as(user), email_of, std::move(v));
  if (found.empty()) co_return account_rules::user_not_found();
  co_return read_columns<email_state>(found.front());
}

}  // namespace stoa::actors
