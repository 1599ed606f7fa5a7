#include "sender.hpp"

#include <functional>
#include <memory>

#include "audience.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/crypto.hpp"

namespace stoa_plugin::webhooks {

using stoa::done;
using stoa::result;
using stoa::task;

namespace {

/// An answer is read so far and no further; a longer one counts as none.
constexpr std::size_t longest_answer = 64 * 1024;

told_event told_of(const stoa::event& e) {
  told_event t;
  t.event = e.id;
  t.kind = e.kind;
  t.at = e.at;
  t.body = body_of(e);
  t.audience = audience_of(e);
  t.course = course_to_ask(e);
  return t;
}

double by_chance() {
  std::uint8_t raw[2];
  stoa::random_bytes(raw);
  return (raw[0] * 256 + raw[1]) / 65535.0;
}

const std::string* field_of(const stoa::http_response& r, std::string_view name) {
  for (const auto& [field, value] : r.headers)
    if (field == name) return &value;
  return nullptr;
}

}  // namespace

sender::sender(stoa::plugin_host& host, sender_options options) : host_(host), options_(options) {}

result<done> sender::hear(stoa::connection& db, const std::vector<stoa::event>& events) {
  const auto now = host_.clock().now();
  std::vector<told_event> batch;
  for (const auto& e : events) {
    if (const auto changed = stoa::as<stoa::user_roles_changed>(e); changed && changed->user) {
      stoa::role_set roles;
      roles.bits = static_cast<unsigned>(changed->fact.roles);
      if (!roles.has(stoa::role::admin)) {
        // What came before was still for an administrator.
        keep_within(db, batch, now);
        batch.clear();
        narrow_within(db, *changed->user);
      }
    }
    if (rule_of(e.kind)) batch.push_back(told_of(e));
  }
  keep_within(db, batch, now);
  return done{};
}

task<done> sender::tell(tell_teacher told) {
  const auto found = co_await stoa::as_result(host_.use<stoa::courses>().get(told.course));
  if (!found && found.refusal().kind == stoa::fault_kind::not_found) co_return done{};
  const auto course = co_await found;
  told_event event;
  event.event = told.event;
  event.kind = told.event_kind;
  event.at = told.event_at;
  event.body = told.body;
  event.audience = {course->instructor.id};
  co_await keep_for(host_.database(), std::move(event), host_.clock().now());
  host_.jobs_queued();
  co_return done{};
}

task<done> sender::deliver(deliver_webhook told) {
  const auto found = co_await read_sendable(host_.database(), told.delivery);
  if (!found || found->turn != told.turn || found->status != "waiting") co_return done{};
  attempt_outcome outcome;
  if (!found->enabled) {
    outcome.status = "missed";
    outcome.counts = false;
    outcome.error = "The webhook was switched off.";
  } else if (enter(found->owner)) {
    const auto owner = found->owner;
    const std::unique_ptr<sender, std::function<void(sender*)>> leaving(this, [owner](sender* s) { s->leave(owner); });
    outcome = co_await attempt(*found);
  } else {
    outcome.status = "waiting";
    outcome.counts = false;
    outcome.pause = stoa::seconds{2} + stoa::milliseconds{static_cast<std::int64_t>(8000 * by_chance())};
  }
  const auto status = outcome.status;
  if (co_await keep_attempt(host_.database(), *found, std::move(outcome), host_.clock().now()))
    host_.metrics()
        .count("stoa_webhook_attempts_total", "Attempts at deliveries of webhooks",
               {{"outcome", status == "waiting" ? "again" : status}})
        .add();
  co_return done{};
}

task<attempt_outcome> sender::attempt(const sendable& what) {
  const auto now = host_.clock().now();
  const std::string id = "msg_" + what.event.str();
  stoa::http_request r;
  r.method = "POST";
  r.url = what.url;
  r.headers = {{"Content-Type", "application/json"},
               {"webhook-id", id},
               {"webhook-timestamp", std::to_string(std::chrono::floor<stoa::seconds>(now).time_since_epoch().count())},
               {"webhook-signature", signatures(what.secrets, id, now, what.body)}};
  r.body = what.body;
  r.timeout = options_.timeout;
  r.max_answer = longest_answer;
  r.allow_private = options_.allow_private;
  const auto answer = co_await stoa::as_result(host_.http().send(std::move(r)));
  if (!answer) co_return again(what, std::nullopt, "There was no answer, or its address may not be called.");
  attempt_outcome out;
  out.response_status = answer->status;
  switch (verdict_on(answer->status)) {
    case verdict::delivered:
      out.status = "delivered";
      co_return out;
    case verdict::gone:
      out.status = "failed";
      out.error = "The receiver is gone (410).";
      out.gone = true;
      host_.log().info("a webhook is switched off", {{"webhook", what.subscription.str()}, {"reason", "410"}});
      co_return out;
    case verdict::again:
      break;
  }
  const auto* asked = field_of(*answer, "retry-after");
  const bool redirect = answer->status >= 300 && answer->status < 400;
  co_return again(what, answer->status,
                  redirect ? "The receiver redirects, which is not followed." : "The receiver did not take it.",
                  asked ? retry_after(*asked) : std::nullopt);
}

bool sender::enter(stoa::user_id owner) {
  const std::lock_guard lock{mutex_};
  auto& running = under_way_[owner];
  if (running >= options_.per_owner) return false;
  ++running;
  return true;
}

void sender::leave(stoa::user_id owner) {
  const std::lock_guard lock{mutex_};
  if (const auto at = under_way_.find(owner); at != under_way_.end() && --at->second == 0) under_way_.erase(at);
}

attempt_outcome sender::again(const sendable& what, std::optional<std::int64_t> status, std::string error,
                              std::optional<stoa::seconds> asked) const {
  attempt_outcome out;
  out.response_status = status;
  out.error = std::move(error);
  const auto pause = pause_after(options_.retries, what.attempts + 1, by_chance(), asked);
  out.status = pause ? "waiting" : "failed";
  out.pause = pause.value_or(stoa::milliseconds{0});
  return out;
}

}  // namespace stoa_plugin::webhooks
