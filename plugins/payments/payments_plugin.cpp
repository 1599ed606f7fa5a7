// The payments plugin: settings, routes, and the answers' shapes.
#include <array>
#include <memory>

#include "checkout.hpp"
#include "claims.hpp"
#include "paper/paper.hpp"
#include "receipt.hpp"
#include "sandbox_gateway.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/areas/tracks.hpp"
#include "stoa/text.hpp"
#include "stripe_gateway.hpp"

namespace stoa_plugin::payments {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

constexpr const char* development_secret = "whsec_sandbox";
constexpr const char* stripe_api = "https://api.stripe.com";

const std::array<setting, 7>& settings() {
  static const std::array<setting, 7> all{{
      {"provider",
       setting_type::text,
       "sandbox",
       "Who takes the money: sandbox (nobody's) or stripe",
       {"sandbox", "stripe"}},
      {"webhook_secret",
       setting_type::text,
       development_secret,
       "Checks the signatures of webhooks. Production refuses this default",
       {},
       true},
      {"stripe_api_key", setting_type::text, "", "Stripe's secret key", {}, true},
      {"publishable_key", setting_type::text, "", "The key that browsers get", {}},
      {"stripe_url", setting_type::text, stripe_api, "Address of Stripe's API", {}},
      {"webhook_tolerance", setting_type::duration, "300s", "How old a signed webhook may be", {}},
      {"sandbox_webhooks",
       setting_type::text,
       "send",
       "What the sandbox does with its webhooks",
       {"off", "send", "duplicate", "reorder"}},
  }};
  return all;
}

struct intent_wanted {
  wire::text<1, 64> order_id;
  std::optional<std::int64_t> amount;
};
BOOST_DESCRIBE_STRUCT(intent_wanted, (), (order_id, amount))

struct payment_intent {
  std::string client_secret;
  std::string publishable_key;
  std::int64_t amount = 0;
  std::string currency;
  stoa::order_id order_id;
};
BOOST_DESCRIBE_STRUCT(payment_intent, (), (client_secret, publishable_key, amount, currency, order_id))

struct claim_in {
  wire::decimal amount;
  wire::text<3, 3> currency;
  std::optional<wire::text<1, 64>> order_id;
  std::optional<wire::text<1, track_limits::code>> track;
  std::optional<wire::text<1, 255>> course;
};
BOOST_DESCRIBE_STRUCT(claim_in, (), (amount, currency, order_id, track, course))

/// What is paid is named once, or not at all.
void check_members(const claim_in& in, wire::problems& bad) {
  if (in.order_id && in.track) bad.add("track", "Name an order or a track, not both.", "ambiguous");
  if (in.course && (in.order_id || in.track))
    bad.add("course", "Name one of an order, a track and a course.", "ambiguous");
}

/// Named as browsers' libraries name them.
struct claimed_payment {
  std::string clientSecret, publishableKey;
  wire::decimal amount;
  std::string currency;
  stoa::order_id order_id;
};
BOOST_DESCRIBE_STRUCT(claimed_payment, (), (clientSecret, publishableKey, amount, currency, order_id))

struct payment_confirmation {
  wire::text<1, 64> order_id;
  wire::text<1, 300> payment_intent_id;
  std::optional<wire::text<0, 100>> payment_method;
};
BOOST_DESCRIBE_STRUCT(payment_confirmation, (), (order_id, payment_intent_id, payment_method))

struct available_course {
  course_id id;
  std::string title;
  std::string access_url;
};
BOOST_DESCRIBE_STRUCT(available_course, (), (id, title, access_url))

struct confirmed_payment {
  stoa::order_id order_id;
  std::string status;
  std::string message;
  std::string receipt_url;
  std::vector<available_course> courses_now_available;
};
BOOST_DESCRIBE_STRUCT(confirmed_payment, (), (order_id, status, message, receipt_url, courses_now_available))

struct webhook_taken {
  bool received = true;
  std::string outcome;
};
BOOST_DESCRIBE_STRUCT(webhook_taken, (), (received, outcome))

result<order_id> order_named(const std::string& text) {
  if (auto id = order_id::parse(text)) return *id;
  return not_found(order_id{});
}

template <class Closing>
closed_order closed_by(const Closing& e) {
  return {e.order_id, ""};
}
closed_order closed_by(const payment_completed& e) { return {e.order_id, e.payment_reference}; }

fault no_receipt() { return {fault_kind::not_found, "RECEIPT_NOT_FOUND", "The requested receipt does not exist."}; }

class payments_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    const auto& s = host.settings();
    secret_ = s.text("webhook_secret");
    publishable_key_ = s.text("publishable_key");
    if (secret_.empty()) throw settings_error("webhook_secret: expected a secret, found an empty text");
    if (host.production() && secret_ == development_secret)
      throw settings_error(
          "webhook_secret: expected a secret of your own in production, found the development default");
    if (s.text("provider") == "stripe") {
      stripe_options o;
      o.url = s.text("stripe_url");
      while (o.url.ends_with('/')) o.url.pop_back();
      o.api_key = s.text("stripe_api_key");
      o.allow_private = o.url != stripe_api;
      if (o.api_key.empty())
        throw settings_error("stripe_api_key: expected a key for provider \"stripe\", found an empty text");
      if (!looks_like_http_url(o.url)) throw settings_error("stripe_url: expected an http(s) URL");
      if (publishable_key_.empty()) host.log().warn("no publishable_key: browsers cannot confirm payments");
      gateway_ = std::make_unique<stripe_gateway>(host.http(), host.log(), std::move(o));
    } else {
      if (publishable_key_.empty()) publishable_key_ = "pk_test_sandbox";
      mode_ = webhook_mode_named(s.text("sandbox_webhooks")).value_or(webhook_mode::send);
      auto sandbox = std::make_unique<sandbox_gateway>(host, secret_, mode_);
      sandbox_ = sandbox.get();
      gateway_ = std::move(sandbox);
      if (host.production()) host.log().warn("the sandbox takes no real money: do not sell with it");
    }
    checkout_options o;
    o.webhook_secret = secret_;
    o.webhook_tolerance = s.duration("webhook_tolerance");
    checkout_ = std::make_unique<checkout>(host, *gateway_, std::move(o));
  }

  void wire(plugin_host& host) override {
    auto shop = host.routes(dialect("learnflow")).area("payments", *this);
    shop.post("/payments/create-payment-intent/",
              {.auth = auth::required,
               .status = 201,
               .summary = "The payment intent of an order",
               .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::rejected}},
              &payments_plugin::create);
    shop.post("/payments/confirm-payment/",
              {.auth = auth::required,
               .summary = "Complete an order whose payment was confirmed",
               .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::payment_required}},
              &payments_plugin::confirm);
    shop.get("/receipts/{file}",
             {.auth = auth::required, .summary = "The receipt of a paid order, a PDF", .produces = "application/pdf"},
             &payments_plugin::receipt);
    auto claims = host.routes(dialect("apranova")).area("payments", *this);
    claims.post("/payments/create-payment/",
                {.auth = auth::required,
                 .summary = "The payment of an order, a track or a course, where the amount is what it costs",
                 .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::rejected}},
                &payments_plugin::claim);
    claims.post("/payments/confirm-payment/",
                {.auth = auth::required,
                 .summary = "Complete an order whose payment was confirmed",
                 .addition = true,
                 .refuses = {fault_kind::not_found, fault_kind::conflict, fault_kind::payment_required}},
                &payments_plugin::confirm);
    claims.get("/receipts/{file}",
               {.auth = auth::required,
                .summary = "The receipt of a paid order, a PDF",
                .addition = true,
                .produces = "application/pdf"},
               &payments_plugin::receipt);
    for (const auto& d : {webhook_dialect, dialect("learnflow")})
      host.routes(d)
          .area("payments", *this)
          .post(webhook_pattern,
                {.summary = "Events of the payment provider, signed",
                 .max_body = 256 * 1024,
                 .unlimited = true,
                 .signed_by_sender = true,
                 .refuses = {fault_kind::rejected}},
                &payments_plugin::webhook);
    subscription closed = consume<order_expired, order_cancelled, payment_completed>(
        "closed_orders", [&host](connection& db, const auto& events) -> result<done> {
          std::vector<closed_order> orders;
          for (const auto& e : events) std::visit([&](const auto& told) { orders.push_back(closed_by(told.fact)); }, e);
          cancel_within(db, orders, host.clock().now());
          return done{};
        });
    closed.committed = [&host](const std::vector<event>&) { host.jobs_queued(); };
    host.subscribe(std::move(closed));
    job_policy patient;
    patient.attempts = 40;  // a payment that is under way ends within a day or two
    host.work_on<cancel_intent>([this](cancel_intent w, job) { return checkout_->cancel(std::move(w.intent)); },
                                patient);
    host.every("old events", hours{1}, [this] { return checkout_->forget_old_events(); });
    if (sandbox_ && mode_ != webhook_mode::off) {
      job_policy policy;
      policy.at_once = 1;  // in their order
      policy.lease = seconds{15};
      host.work_on<sandbox_webhook>([this](sandbox_webhook w, job) { return sandbox_->deliver(std::move(w)); }, policy);
    }
  }

  /// The first receipt would wait for the fonts.
  void start() override {
    receipt_pdf(order{}, "Ada");
    for (const auto& script : paper::scripts_without_font())
      host_->log().warn("no font for a script: receipts show boxes in its place", {{"script", script}});
  }

 private:
  task<payment_intent> create(const request& q, intent_wanted in) {
    const auto id = co_await order_named(in.order_id);
    const auto i = co_await checkout_->intent_for(q.who.user, id);
    if (in.amount && *in.amount != i.amount_minor)
      co_return fault::field("amount", "The order costs " + std::to_string(i.amount_minor) + " in minor units.");
    payment_intent out;
    out.client_secret = i.client_secret;
    out.publishable_key = publishable_key_;
    out.amount = i.amount_minor;
    out.currency = i.currency;
    out.order_id = id;
    co_return out;
  }

  task<claimed_payment> claim(const request& q, claim_in in) {
    payment_claim said;
    said.currency = ascii_lower(std::string(in.currency));
    said.amount_minor = co_await minor_of(in.amount, said.currency);
    if (in.order_id) said.order = co_await order_named(*in.order_id);
    if (in.track) said.track = *in.track;
    if (in.course) said.course = *in.course;
    const auto o = co_await claimed_order(*host_, q.who.user, std::move(said));
    const auto i = co_await checkout_->intent_for(q.who.user, o.id);
    claimed_payment out;
    out.clientSecret = i.client_secret;
    out.publishableKey = publishable_key_;
    out.amount = in.amount;
    out.currency = i.currency;
    out.order_id = o.id;
    co_return out;
  }

  task<confirmed_payment> confirm(const request& q, payment_confirmation in) {
    const auto id = co_await order_named(in.order_id);
    std::string method = in.payment_method ? std::string(*in.payment_method) : std::string();
    const auto o = co_await checkout_->confirm(q.who.user, id, in.payment_intent_id, std::move(method));
    confirmed_payment out;
    out.order_id = o.id;
    out.status = name_of(o.status);
    out.message = "Payment processed successfully";
    out.receipt_url = q.base_url + "/receipts/" + o.id.str() + ".pdf";
    for (const auto& item : o.items)
      out.courses_now_available.push_back({item.course, item.title, "/dashboard/courses/" + item.course.str()});
    co_return out;
  }

  task<webhook_taken> webhook(const request& q, raw_body in) {
    auto handling = checkout_->webhook(std::move(in.bytes), q.header("stripe-signature").value_or(""));
    webhook_taken out;
    out.outcome = co_await std::move(handling);
    co_return out;
  }

  task<reply> receipt(const request& q, in_path<"file", std::string> name) {
    const std::string& file = *name;
    if (!file.ends_with(".pdf")) co_return no_receipt();
    const auto id = order_id::parse(std::string_view(file).substr(0, file.size() - 4));
    if (!id) co_return no_receipt();
    auto o = co_await as_result(host_->use<stoa::orders>().get(q.who.user, *id));
    if (!o) {
      if (o.refusal().kind == fault_kind::not_found) co_return no_receipt();
      co_return o.refusal();
    }
    if (o.value().status != order_status::completed) co_return no_receipt();
    const auto buyer = co_await host_->use<stoa::people>().get(q.who.user);
    order paid = std::move(o).value();
    const std::string number = paid.receipt_number;
    std::function<file_content()> draw = [paid = std::move(paid), name = buyer->full_name()] {
      return file_content::of(receipt_pdf(paid, name));
    };
    auto drawn = co_await host_->offload().run(std::move(draw), q.deadline);
    reply r = reply::file(std::move(drawn), "application/pdf");
    r.headers.emplace_back("Content-Disposition", "inline; filename=\"" + number + ".pdf\"");
    r.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return r;
  }

  plugin_host* host_ = nullptr;
  std::string secret_;
  std::string publishable_key_;
  webhook_mode mode_ = webhook_mode::send;
  std::unique_ptr<gateway> gateway_;
  sandbox_gateway* sandbox_ = nullptr;  // gateway_, where it is the sandbox
  std::unique_ptr<checkout> checkout_;
};

}  // namespace

}  // namespace stoa_plugin::payments

STOA_PLUGIN("payments", "1.0.0", stoa_plugin::payments::payments_plugin, stoa_plugin::payments::settings())
