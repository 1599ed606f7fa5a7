#include "api/http/kept_answers.hpp"

#include <optional>
#include <string>

#include "stoa/crypto.hpp"
#include "stoa/text.hpp"

namespace stoa::http {

bool kept_answers::wants_once(const endpoint& target, const incoming& in) const {
  const auto& r = *target.route;
  return r.verb == verb::post && store_ && target.policy && !r.options.door && !r.options.signed_by_sender &&
         in.header("Idempotency-Key").has_value();
}

task<reply> kept_answers::run_once(const endpoint& target, const request& req, std::string_view given) {
  const auto key = std::string(trim(given));
  if (key.empty() || key.size() > 255 || !valid_utf8(key) || has_control(key))
    co_return fault{fault_kind::rejected, "INVALID_IDEMPOTENCY_KEY", "An Idempotency-Key has 1 to 255 characters."};
  idempotency_slot slot;
  slot.caller = req.who.signed_in ? req.who.user.str() : "address:" + req.who.address;
  slot.operation = "POST " + req.path;
  slot.key = key;
  slot.body_hash = hex(sha256(req.body));
  slot.now = req.now;
  auto& store = *store_;
  auto beginning = store.begin(slot);
  idempotency_state state = co_await std::move(beginning);
  switch (state.what) {
    case idempotency_state::outcome::replay:
      state.kept.headers.emplace_back("Idempotent-Replayed", "true");
      co_return std::move(state.kept);
    case idempotency_state::outcome::other_body:
      co_return fault{fault_kind::unprocessable, "IDEMPOTENCY_KEY_REUSED",
                      "This Idempotency-Key was used with another body."};
    case idempotency_state::outcome::in_flight:
      co_return fault{fault_kind::conflict, "IDEMPOTENCY_KEY_IN_FLIGHT",
                      "A request with this Idempotency-Key is being worked on."};
    case idempotency_state::outcome::fresh:
      break;
  }
  std::optional<result<reply>> outcome;
  try {
    // The key's own wait may have used up the time: the client has its 503 and will come again.
    if (auto late = req.in_time(); !late) {
      outcome.emplace(std::move(late).refusal());
    } else {
      auto running = target.route->run(req);
      running.works_for(state.once.get());
      running.ends_by(req.deadline);
      outcome.emplace(co_await as_result(std::move(running)));
    }
  } catch (...) {
    outcome.emplace(stoa::detail::unexpected(std::current_exception()));
  }
  const bool had_effect = outcome->ok() && (*outcome)->status < 400 && !(*outcome)->content && !(*outcome)->stream;
  try {
    auto closing = had_effect ? store.finish(slot, outcome->value()) : store.abandon(slot);
    auto closed = co_await as_result(std::move(closing));
    if (!closed)
      log_.warn("an idempotency key could not be closed", {{"request_id", req.id}, {"reason", closed.refusal().code}});
  } catch (const std::exception& e) {
    log_.warn("an idempotency key could not be closed", {{"request_id", req.id}, {"reason", e.what()}});
  }
  co_return std::move(*outcome);
}

}  // namespace stoa::http
