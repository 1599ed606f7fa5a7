#include "sandbox_gateway.hpp"

#include "intent_columns.hpp"
#include "stoa/crypto.hpp"
#include "stoa/json.hpp"

namespace stoa_plugin::payments {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;

namespace {

constexpr auto create_sql = R"(
  insert into plugin_payments.sandbox_intent
    (id, idempotency_key, order_id, amount_minor, currency, client_secret, status, created_at, updated_at)
  values (:p1::text, :p2::text, :p3::uuid, :p4::bigint, :p5::text, :p6::text, 'requires_payment_method',
          :p7::timestamptz, :p7::timestamptz)
  on conflict (idempotency_key) do update set idempotency_key = excluded.idempotency_key
  returning )" + stoa::columns<provider_intent>;
constexpr statement create_intent{"sandbox_create", create_sql};

constexpr auto lock_sql = "select " + stoa::columns<provider_intent> +
                          ", order_id from plugin_payments.sandbox_intent where id = :p1::text for update";
constexpr statement lock_intent{"sandbox_lock", lock_sql};

constexpr auto look_sql =
    "select " + stoa::columns<provider_intent> + " from plugin_payments.sandbox_intent where id = :p1::text";
constexpr statement look_at_intent{"sandbox_look", look_sql};

constexpr auto cancel_sql = R"(
  update plugin_payments.sandbox_intent
  set status = case when status = 'succeeded' then status else 'canceled' end, updated_at = :p2::timestamptz
  where id = :p1::text
  returning )" + stoa::columns<provider_intent>;
constexpr statement cancel_intent_sql{"sandbox_cancel", cancel_sql};

constexpr statement settle_intent{"sandbox_settle", R"(
  update plugin_payments.sandbox_intent
  set status = :p2::text, payment_method = :p3::text, decline_code = :p4::text, updated_at = :p5::timestamptz
  where id = :p1::text)"};

fault no_intent() { return {fault_kind::not_found, "PAYMENT_INTENT_NOT_FOUND", "There is no such payment."}; }

/// Letters and digits only, as ids at Stripe.
std::string token(std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  stoa::random_bytes(raw);
  return stoa::hex(raw);
}

std::string event_text(const provider_intent& i, stoa::order_id order, stoa::timestamp now) {
  const bool paid = i.status == intent_status::succeeded;
  stoa::json_writer w;
  w.begin_object();
  w.key("id"), w.string("evt_" + token(12));
  w.key("object"), w.string("event");
  w.key("created"), w.integer(std::chrono::floor<stoa::seconds>(now).time_since_epoch().count());
  w.key("livemode"), w.boolean(false);
  w.key("type"), w.string(paid ? "payment_intent.succeeded" : "payment_intent.payment_failed");
  w.key("data");
  w.begin_object();
  w.key("object");
  w.begin_object();
  w.key("id"), w.string(i.id);
  w.key("object"), w.string("payment_intent");
  w.key("amount"), w.integer(i.amount_minor);
  w.key("amount_received"), w.integer(paid ? i.amount_minor : 0);
  w.key("currency"), w.string(i.currency);
  w.key("status"), w.string(name_of(i.status));
  w.key("metadata");
  w.begin_object();
  w.key("order_id"), w.string(order.str());
  w.end_object();
  w.key("last_payment_error");
  if (paid) {
    w.null();
  } else {
    w.begin_object();
    w.key("type"), w.string("card_error");
    w.key("code"), w.string("card_declined");
    w.key("decline_code"), w.string(i.decline_code);
    w.end_object();
  }
  w.end_object();
  w.end_object();
  w.end_object();
  return w.take();
}

}  // namespace

std::optional<webhook_mode> webhook_mode_named(std::string_view name) noexcept {
  if (name == "off") return webhook_mode::off;
  if (name == "send") return webhook_mode::send;
  if (name == "duplicate") return webhook_mode::duplicate;
  if (name == "reorder") return webhook_mode::reorder;
  return std::nullopt;
}

sandbox_gateway::sandbox_gateway(stoa::plugin_host& host, std::string webhook_secret, webhook_mode mode)
    : host_(host), webhook_secret_(std::move(webhook_secret)), mode_(mode) {}

task<provider_intent> sandbox_gateway::create(intent_request r) {
  const std::string id = "pi_" + token(12);
  stoa::values bound{
      id, r.idempotency_key, r.order, r.amount_minor, r.currency, id + "_secret_" + token(12), host_.clock().now()};
  const auto made = co_await host_.database().query(create_intent, std::move(bound), stoa::lane::commands);
  co_return stoa::read_columns<provider_intent>(made.front());
}

task<provider_intent> sandbox_gateway::look(std::string intent) {
  stoa::values bound{intent};
  const auto found = co_await host_.database().query(look_at_intent, std::move(bound));
  if (found.empty()) co_return no_intent();
  co_return stoa::read_columns<provider_intent>(found.front());
}

task<provider_intent> sandbox_gateway::cancel(std::string intent) {
  stoa::values bound{intent, host_.clock().now()};
  const auto found = co_await host_.database().query(cancel_intent_sql, std::move(bound), stoa::lane::commands);
  if (found.empty()) co_return no_intent();
  co_return stoa::read_columns<provider_intent>(found.front());
}

task<provider_intent> sandbox_gateway::confirm(std::string intent, std::string payment_method) {
  auto settled = std::make_shared<provider_intent>();
  std::function<result<done>(stoa::connection&)> work = [this, intent, payment_method, settled](stoa::connection& db) {
    return charge(db, intent, payment_method, *settled);
  };
  co_await host_.database().in_transaction(std::move(work));
  host_.jobs_queued();
  co_return *settled;
}

result<done> sandbox_gateway::charge(stoa::connection& db, const std::string& intent, const std::string& payment_method,
                                     provider_intent& out) {
  const auto found = db.run(lock_intent, {intent});
  if (found.empty()) return no_intent();
  out = stoa::read_columns<provider_intent>(found.front());
  if (out.status == intent_status::succeeded || out.status == intent_status::canceled) return done{};
  const auto decided = test_method_outcome(payment_method.empty() ? "pm_card_visa" : payment_method);
  if (!decided) return fault::field("payment_method", "There is no such payment method.");
  out.status = decided->status;
  out.decline_code = decided->decline_code;
  db.run(settle_intent, {intent, name_of(out.status), payment_method, out.decline_code, host_.clock().now()});
  // Waiting for the card's holder is no event of its own.
  if (out.status != intent_status::requires_action)
    announce(db, out, found.front().as<stoa::order_id>(stoa::column_count<provider_intent>));
  return done{};
}

void sandbox_gateway::announce(stoa::connection& db, const provider_intent& i, stoa::order_id order) {
  if (mode_ == webhook_mode::off) return;
  const auto now = host_.clock().now();
  const sandbox_webhook told{event_text(i, order, now)};
  stoa::job_rows due(now);
  due.add(told, mode_ == webhook_mode::reorder ? reordered(now) : stoa::microseconds{0});
  if (mode_ == webhook_mode::duplicate) due.add(told);
  db.run(stoa::queue_jobs, {due});
}

/// Until the end of the second, and a little less for a newer one.
stoa::microseconds sandbox_gateway::reordered(stoa::timestamp now) {
  const auto whole = std::chrono::floor<stoa::seconds>(now);
  const auto gone = std::chrono::duration_cast<stoa::microseconds>(now - whole);
  return stoa::seconds{1} - gone - gone / 1000 - stoa::microseconds{++announced_ % 1000};
}

task<done> sandbox_gateway::deliver(sandbox_webhook told) {
  const auto url = host_.url_of(webhook_dialect, webhook_pattern);
  if (url.empty()) co_return fault::unavailable("The server's own address is not known yet.");
  stoa::http_request r;
  r.method = "POST";
  r.url = url;
  r.body = std::move(told.event);
  r.headers.emplace_back("Content-Type", "application/json");
  r.headers.emplace_back("Stripe-Signature", sign(r.body, webhook_secret_, host_.clock().now()));
  r.allow_private = true;  // our own address, as the operator set it
  const auto answer = co_await host_.http().send(std::move(r));
  if (answer.status < 200 || answer.status >= 300)
    co_return fault::unavailable("The webhook was answered with " + std::to_string(answer.status) + ".");
  co_return done{};
}

}  // namespace stoa_plugin::payments
