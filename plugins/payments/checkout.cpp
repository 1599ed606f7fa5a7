#include "checkout.hpp"

#include <algorithm>

#include "stoa/text.hpp"

namespace stoa_plugin::payments {

using stoa::fault;
using stoa::fault_kind;
using stoa::order;
using stoa::order_id;
using stoa::order_status;
using stoa::task;
using stoa::user_id;

namespace {

fault wrong_intent() {
  fault f = fault::field("payment_intent_id", "This payment does not belong to the order.");
  f.code = "PAYMENT_INTENT_MISMATCH";
  return f;
}

fault changed() {
  return {fault_kind::conflict, "AMOUNT_MISMATCH", "The order has changed since: ask for a new payment intent."};
}

fault only_due_for_refund() {
  return {fault_kind::conflict, "PAYMENT_REFUND_DUE",
          "You have what this order buys already: your payment is due for refund."};
}

stoa::payment_receipt receipt_of(std::string provider, const provider_intent& intent) {
  return {std::move(provider), intent.id, intent.amount_minor, intent.currency};
}

bool due_for_refund(const order& o, const std::string& reference) {
  return std::any_of(o.refunds.begin(), o.refunds.end(), [&](const auto& r) { return r.reference == reference; });
}

/// Whether the same event may fare better when it is sent again.
bool worth_repeating(const fault& f) {
  return f.kind == fault_kind::unavailable || f.kind == fault_kind::internal || f.kind == fault_kind::too_many;
}

}  // namespace

checkout::checkout(stoa::plugin_host& host, gateway& provider, checkout_options options)
    : host_(host), provider_(provider), intents_(host), options_(std::move(options)) {}

task<provider_intent> checkout::intent_for(user_id buyer, order_id id) {
  const order o = co_await host_.use<stoa::orders>().payable(buyer, id);
  const auto last = co_await intents_.newest_of(stoa::acts_as(buyer), id);
  if (last && last->provider == provider_.name() && last->at_provider.status != intent_status::canceled &&
      pays(last->at_provider, o))
    co_return last->at_provider;
  known_intent next;
  next.provider = provider_.name();
  next.order = id;
  next.user = buyer;
  next.attempt = last ? last->attempt + 1 : 1;
  intent_request r;
  r.order = id;
  r.amount_minor = o.total_minor;
  r.currency = stoa::ascii_lower(o.currency);
  r.idempotency_key = idempotency_key(id, next.attempt);
  const std::string key = r.idempotency_key;
  next.at_provider = co_await provider_.create(std::move(r));
  const auto kept = co_await intents_.keep(std::move(next), key);
  if (last) {
    co_await intents_.cancel_others(id, kept.at_provider.id);
  }
  // Who closes an order cancels the intents that it finds. One that closed meanwhile did not find this one.
  auto still = co_await as_result(host_.use<stoa::orders>().payable(buyer, id));
  if (!still) {
    co_await intents_.cancel_others(id, "");
    co_return std::move(still).refusal();
  }
  co_return kept.at_provider;
}

task<order> checkout::confirm(user_id buyer, order_id id, std::string intent, std::string payment_method) {
  order o = co_await host_.use<stoa::orders>().get(buyer, id);
  const auto known = co_await intents_.find(stoa::acts_as(buyer), intent_id_of(intent));
  if (!known || known->order != id) co_return wrong_intent();
  // Whoever knows more than the id must know all of it.
  if (intent != known->at_provider.id && intent != known->at_provider.client_secret) co_return wrong_intent();
  if (o.status == order_status::completed && o.payment_reference == known->at_provider.id) co_return o;
  if (known->provider != provider_.name()) co_return wrong_intent();
  const auto payable = co_await as_result(host_.use<stoa::orders>().payable(buyer, id));
  if (payable && !pays(known->at_provider, o)) co_return changed();
  if (!payable) {
    // The webhook, or another confirmation, may have been faster since the order was read.
    o = co_await host_.use<stoa::orders>().get(buyer, id);
    if (o.status == order_status::completed && o.payment_reference == known->at_provider.id) co_return o;
  }
  // Where it may not be paid any more the provider may have taken the money all the same: then it has to be dealt with.
  auto settling = payable ? provider_.confirm(known->at_provider.id, std::move(payment_method))
                          : provider_.look(known->at_provider.id);
  const auto now = co_await std::move(settling);
  if (now.status != intent_status::succeeded) {
    co_await intents_.note(stoa::acts_as(buyer), now.id, now.status, now.decline_code);
    if (o.status == order_status::completed) co_return o;
    co_return payable ? not_paid(now) : payable.refusal();
  }
  o = co_await complete(id, known->provider, now);
  if (o.status != order_status::completed) co_return only_due_for_refund();
  co_return o;
}

task<order> checkout::complete(order_id id, std::string provider, provider_intent intent) {
  auto paid = receipt_of(std::move(provider), intent);
  order o = co_await host_.use<stoa::orders>().complete(id, std::move(paid));
  co_await intents_.note(stoa::acts_as_system(), intent.id, intent_status::succeeded, "");
  co_return o;
}

task<stoa::done> checkout::cancel(std::string intent) {
  const auto known = co_await intents_.find(stoa::acts_as_system(), std::move(intent));
  if (!known || known->provider != provider_.name()) co_return stoa::done{};
  const auto now = co_await provider_.cancel(known->at_provider.id);
  if (now.status == intent_status::succeeded) {
    co_await complete(known->order, known->provider, now);
    co_return stoa::done{};
  }
  co_return co_await intents_.note(stoa::acts_as_system(), now.id, now.status, now.decline_code);
}

task<std::string> checkout::webhook(std::string body, std::string signature) {
  const auto check =
      check_signature(signature, body, options_.webhook_secret, host_.clock().now(), options_.webhook_tolerance);
  if (check != signature_check::good)
    co_return fault{fault_kind::rejected, "INVALID_SIGNATURE",
                    check == signature_check::expired ? "The signature is too old." : "The signature does not fit."};
  auto event = read_event(body);
  if (!event) co_return std::move(event).refusal();
  if (event->meaning == event_meaning::other) co_return std::string("ignored");
  const std::string id = event->id;
  const std::string kind = event->kind;
  if (co_await intents_.event_seen(id)) co_return std::string("duplicate");
  auto outcome = co_await as_result(apply(std::move(event).value()));
  std::string said = outcome ? outcome.value() : "refused";
  if (!outcome) {
    const auto& f = outcome.refusal();
    if (worth_repeating(f)) co_return f;
    // Sending it again changes nothing: a person has to look, so it is taken and told.
    host_.log().error("a payment event cannot be applied", {{"event", id}, {"type", kind}, {"reason", f.code}});
  }
  // Only now: had we stopped before, the event would come again and find its work done or still to do.
  co_await intents_.event_done(id, kind, said);
  co_return said;
}

task<std::string> checkout::apply(provider_event e) {
  const auto known = co_await intents_.find(stoa::acts_as_system(), e.intent.id);
  if (e.meaning == event_meaning::failed) {
    if (!known) co_return std::string("ignored");
    co_await intents_.note(stoa::acts_as_system(), e.intent.id, intent_status::requires_payment_method,
                           e.intent.decline_code);
    co_return std::string("noted");
  }
  if (e.meaning == event_meaning::refunded) {
    auto settling =
        host_.use<stoa::orders>().paid_back(receipt_of(known ? known->provider : provider_.name(), e.intent));
    const bool settled = co_await std::move(settling);
    co_return std::string(settled ? "paid back" : "ignored");
  }
  // An intent can be paid before we have kept it: its metadata names the order then.
  const auto target = known ? std::optional(known->order) : e.order;
  if (!target) co_return std::string("ignored");
  if (known &&
      (known->at_provider.amount_minor != e.intent.amount_minor || known->at_provider.currency != e.intent.currency))
    co_return changed();
  auto completing = complete(*target, known ? known->provider : provider_.name(), e.intent);
  const order o = co_await std::move(completing);
  co_return std::string(due_for_refund(o, e.intent.id) ? "refund due" : "completed");
}

}  // namespace stoa_plugin::payments
