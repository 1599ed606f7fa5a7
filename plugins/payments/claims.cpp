#include "claims.hpp"

#include <charconv>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/areas/tracks.hpp"
#include "stoa/money.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::payments {

using stoa::fault;
using stoa::fault_kind;
using stoa::order;
using stoa::task;

namespace {

constexpr int pending_looked_at = 100;

fault nothing_costs_this() {
  fault f = fault::field("amount", "Nothing that you could pay for costs this.");
  f.code = "AMOUNT_MISMATCH";
  return f;
}

bool costs(const order& o, const payment_claim& said) {
  return o.total_minor == said.amount_minor && stoa::ascii_lower(o.currency) == said.currency;
}

fault other_currency(const std::string& wanted) { return fault::field("currency", "This is paid in " + wanted + "."); }

task<order> order_of(stoa::plugin_host& host, stoa::user_id buyer, stoa::bundle wanted, payment_claim said) {
  if (wanted.currency != said.currency) co_return other_currency(wanted.currency);
  wanted.claimed_minor = said.amount_minor;
  auto made = co_await host.use<stoa::orders>().create_for(buyer, std::move(wanted));
  co_return std::move(made.order);
}

task<order> order_of_track(stoa::plugin_host& host, stoa::user_id buyer, std::string code, payment_claim said) {
  const auto t = co_await host.use<stoa::tracks>().get(std::move(code));
  if (!t.open) {
    const auto who = co_await host.use<stoa::people>().get(buyer);
    if (who->track != t.code) co_return stoa::track_not_found();
  }
  if (t.price_minor == 0)
    co_return fault{fault_kind::rejected, "TRACK_NOT_SOLD", "The courses of this track are entered one by one."};
  auto wanted = bundle_of(t);
  co_return co_await order_of(host, buyer, std::move(wanted), std::move(said));
}

/// By its id, its number or its slug: whichever of them the text can be.
task<stoa::course_id> course_named(stoa::courses& courses, std::string text) {
  if (const auto id = stoa::course_id::parse(text)) co_return *id;
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ptr == end) co_return co_await courses.find_number(number);
  co_return co_await courses.find_slug(std::move(text));
}

task<order> order_of_course(stoa::plugin_host& host, stoa::user_id buyer, payment_claim said) {
  auto& courses = host.use<stoa::courses>();
  const auto id = co_await course_named(courses, said.course);
  const auto offered = co_await courses.offer(id);
  if (!offered.published()) co_return not_found(id);
  if (offered.free())
    co_return fault{fault_kind::rejected, "COURSE_NOT_SOLD", "This course costs nothing: just enter it."};
  stoa::bundle wanted{"course:" + id.str(), offered.title, {id}, offered.price.minor, offered.price.currency};
  co_return co_await order_of(host, buyer, std::move(wanted), std::move(said));
}

}  // namespace

stoa::result<std::int64_t> minor_of(const stoa::wire::decimal& amount, const std::string& currency) {
  switch (stoa::minor_digits(currency)) {
    case 0:
      if (amount.minor % 100 != 0) return fault::field("amount", "This currency has no minor units.");
      return amount.minor / 100;
    case 3:
      return amount.minor * 10;
    default:
      return amount.minor;
  }
}

const order* of_amount(const std::vector<order>& pending, const payment_claim& said) {
  for (const auto& o : pending)
    if (o.total_minor > 0 && costs(o, said)) return &o;
  return nullptr;
}

task<order> claimed_order(stoa::plugin_host& host, stoa::user_id buyer, payment_claim said) {
  auto& orders = host.use<stoa::orders>();
  if (said.order) {
    auto o = co_await orders.payable(buyer, *said.order);
    if (stoa::ascii_lower(o.currency) != said.currency) co_return other_currency(o.currency);
    if (!costs(o, said)) co_return stoa::other_amount({o.total_minor, o.currency});
    co_return o;
  }
  if (!said.track.empty()) {
    std::string code = said.track;
    co_return co_await order_of_track(host, buyer, std::move(code), std::move(said));
  }
  if (!said.course.empty()) co_return co_await order_of_course(host, buyer, std::move(said));
  const auto pending = co_await orders.list(buyer, stoa::order_status::pending, 1, pending_looked_at);
  if (const auto* o = of_amount(pending.orders, said)) co_return *o;
  const auto who = co_await host.use<stoa::people>().get(buyer);
  if (who->track.empty()) co_return nothing_costs_this();
  std::string code = who->track;
  auto made = co_await as_result(order_of_track(host, buyer, std::move(code), std::move(said)));
  // That it is the person's own track which the sum has to fit was our guess.
  if (!made && made.refusal().code == "TRACK_NOT_FOUND") co_return nothing_costs_this();
  co_return std::move(made);
}

}  // namespace stoa_plugin::payments
