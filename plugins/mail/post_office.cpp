#include "post_office.hpp"

#include <utility>

namespace stoa_plugin::mail {

using stoa::done;
using stoa::fault;
using stoa::statement;
using stoa::task;

namespace {

constexpr statement was_sent{"was_sent", "select 1 from plugin_mail.sent where id = :p1::text"};
constexpr statement keep_sent{"keep_sent", R"(
  insert into plugin_mail.sent (id, sent_at) values (:p1::text, :p2::timestamptz) on conflict (id) do nothing)"};

constexpr statement sent_due{"sent_due", R"(
  select count(*) from (select 1 from plugin_mail.sent where sent_at < :p1::timestamptz limit :p2::bigint) due)"};
constexpr statement purge_sent{"sent_purge", R"(
  with gone as (
    delete from plugin_mail.sent where id in (
      select id from plugin_mail.sent where sent_at < :p1::timestamptz order by sent_at limit :p2::bigint
      for update skip locked)
    returning 1)
  select count(*) from gone)"};
constexpr stoa::purge_rule old_mails{"mails", &sent_due, &purge_sent};

}  // namespace

task<done> log_transport::carry(const letter& words, outgoing m) {
  if (production_)
    log_.info("a mail, which goes no further than this log", {{"to", masked(m.to)}});
  else
    log_.info("a mail", {{"to", m.to}, {"subject", words.subject}, {"text", words.text}});
  co_return done{};
}

post_office::post_office(stoa::database& db, const stoa::clock& time, stoa::logger& log, std::unique_ptr<transport> by,
                         post_office_options options)
    : db_(db), time_(time), log_(log), by_(std::move(by)), options_(std::move(options)) {}

stoa::result<letter> post_office::words_of(const stoa::mail& m) const {
  if (m.template_name.empty()) return letter{m.subject, m.text, m.html};
  const auto known = options_.known.find(m.template_name);
  if (known == options_.known.end())
    return fault::field("template_name", "There is no template " + m.template_name + ".");
  return fill(known->second, m.variables);
}

task<done> post_office::deliver(stoa::mail m) {
  if (m.id.empty()) co_return fault::field("id", "A mail needs an id, so that it is sent once.");
  auto words = co_await words_of(m);
  const mailbox to{m.to_name, m.to};
  auto composed = co_await compose(options_.from, to, words, m.id, time_.now());
  stoa::values asked{m.id};
  const auto before = co_await db_.query(stoa::acts_as_system(), was_sent, std::move(asked), stoa::lane::commands);
  if (!before.empty()) co_return done{};
  auto carrying = by_->carry(words, std::move(composed));
  const auto carried = co_await as_result(std::move(carrying));
  if (!carried) {
    const auto& why = carried.refusal();
    if (why.kind == stoa::fault_kind::rejected)
      log_.error("a mail was refused", {{"to", masked(m.to)}, {"code", why.code}, {"reason", why.message}});
    else
      log_.warn("a mail has to wait", {{"to", masked(m.to)}, {"code", why.code}, {"reason", why.message}});
    co_return why;
  }
  stoa::values kept{m.id, time_.now()};
  auto keeping = db_.query(stoa::acts_as_system(), keep_sent, std::move(kept), stoa::lane::commands);
  const auto noted = co_await as_result(std::move(keeping));
  // It has gone out: were this a failure, the job would come again and send it once more.
  if (!noted) log_.error("a mail went out that could not be noted", {{"code", noted.refusal().code}});
  co_return done{};
}

task<std::int64_t> post_office::forget(stoa::timestamp before, stoa::purge_options how) {
  co_return co_await stoa::purge(db_, old_mails, before, how);
}

}  // namespace stoa_plugin::mail
