// Orders in memory, for tests of whoever pays for them. Passes the suite of the real ones.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/areas/orders.hpp"
#include "stoa/fault.hpp"
#include "stoa/time.hpp"

namespace stoa::testing {

/// Thread-safe.
class fake_orders final : public orders {
 public:
  explicit fake_orders(const clock& time) : time_(time) {}

  /// What the buyer has in the cart; `create_from_cart` orders it.
  void put_in_cart(user_id buyer, course_id course, std::string title, std::int64_t price_minor) {
    const std::lock_guard lock{mutex_};
    carts_[buyer].push_back({order_item_id(), course, std::move(title), price_minor});
  }
  /// A pending order of one course.
  order add(user_id buyer, std::int64_t total_minor) {
    const std::lock_guard lock{mutex_};
    return make(buyer, {{order_item_id(), course_id::make(), "Complete Web Development — 日本語", total_minor}}, {});
  }
  /// The buyer has a course by another way than an order.
  void own(user_id buyer, course_id course) {
    const std::lock_guard lock{mutex_};
    owned_[buyer].push_back(course);
  }
  /// Changes an order behind everybody's back: `orders.change(id, [](order& o) { o.total_minor = 5000; })`.
  template <class Change>
  void change(order_id id, Change&& to) {
    const std::lock_guard lock{mutex_};
    to(all_.at(id));
  }
  /// An order as it stands; throws std::out_of_range where there is none.
  order at(order_id id) {
    const std::lock_guard lock{mutex_};
    return all_.at(id);
  }

  std::atomic<bool> away{false};  ///< completions fail as while the database is away
  std::atomic<int> completed{0};  ///< orders that were completed
  std::atomic<int> completions_asked{0};

  task<created_order> create_from_cart(user_id buyer, std::optional<billing_address> billing) override {
    const std::lock_guard lock{mutex_};
    const auto& cart = carts_[buyer];
    if (cart.empty()) co_return fault{fault_kind::rejected, "CART_EMPTY", "The cart is empty."};
    created_order out;
    for (auto& [id, o] : all_) {
      if (o.buyer != buyer || o.status != order_status::pending) continue;
      if (same_courses(o.items, cart)) {
        if (billing) o.billing = std::move(billing);
        out.order = o;
        out.created = false;
        co_return out;
      }
      o.status = order_status::cancelled;
    }
    out.order = make(buyer, cart, std::move(billing));
    if (out.order.total_minor == 0) {
      finish(all_.at(out.order.id), {"none", "", 0, out.order.currency});
      out.order = all_.at(out.order.id);
    }
    co_return out;
  }

  /// Of a bundle every course costs the same, but for what is over, which the first one costs.
  task<created_order> create_for(user_id buyer, bundle wanted) override {
    const std::lock_guard lock{mutex_};
    if (wanted.courses.empty()) co_return fault{fault_kind::rejected, "NOTHING_TO_BUY", "There is nothing to buy."};
    std::vector<order_item> items;
    const auto share = wanted.price_minor / static_cast<std::int64_t>(wanted.courses.size());
    for (const auto c : wanted.courses) items.push_back({order_item_id(), c, wanted.title, share});
    items.front().price_minor += wanted.price_minor - share * static_cast<std::int64_t>(items.size());
    created_order out;
    for (auto& [id, o] : all_)
      if (o.buyer == buyer && o.status == order_status::pending && same_courses(o.items, items)) {
        out.order = o;
        out.created = false;
        co_return out;
      }
    out.order = make(buyer, std::move(items), {});
    co_return out;
  }

  task<order> get(user_id buyer, order_id id) override {
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(id);
    if (found == all_.end() || found->second.buyer != buyer) co_return unknown();
    co_return found->second;
  }

  task<order_page> list(user_id buyer, std::optional<order_status> status, int page, int page_size) override {
    std::vector<order> mine;
    {
      const std::lock_guard lock{mutex_};
      for (const auto& [id, o] : all_)
        if (o.buyer == buyer && (!status || o.status == *status)) mine.push_back(o);
    }
    std::sort(mine.begin(), mine.end(), [](const order& a, const order& b) {  // newest first; ids are in order of time
      return std::pair(b.created_at, b.id) < std::pair(a.created_at, a.id);
    });
    order_page out;
    out.count = static_cast<std::int64_t>(mine.size());
    const auto from = std::min(static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(page_size), mine.size());
    const auto to = std::min(from + static_cast<std::size_t>(page_size), mine.size());
    out.orders.assign(mine.begin() + static_cast<std::ptrdiff_t>(from), mine.begin() + static_cast<std::ptrdiff_t>(to));
    co_return out;
  }

  task<order> find(order_id id) override {
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(id);
    if (found == all_.end()) co_return unknown();
    co_return found->second;
  }

  task<order> payable(user_id buyer, order_id id) override {
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(id);
    if (found == all_.end() || found->second.buyer != buyer) co_return unknown();
    const order& o = found->second;
    if (o.status != order_status::pending || o.total_minor <= 0 || o.created_at + hours{24} <= time_.now())
      co_return fault{fault_kind::conflict, "ORDER_NOT_PAYABLE", "This order cannot be paid any more."};
    if (owned_of(o) > 0) co_return fault{fault_kind::conflict, "ALREADY_ENROLLED", "The buyer has a course already."};
    co_return o;
  }

  task<order> complete(order_id id, payment_receipt p) override {
    const std::lock_guard lock{mutex_};
    ++completions_asked;
    if (away) co_return fault::unavailable("The database is away.");
    const auto found = all_.find(id);
    if (found == all_.end()) co_return unknown();
    order& o = found->second;
    if (o.status == order_status::completed) {
      if (p.provider != o.payment_provider || p.reference != o.payment_reference)
        owe(o, p, p.amount_minor, refund_reason::order_paid_before);
      co_return o;
    }
    if (p.amount_minor != o.total_minor || p.currency != o.currency)
      co_return fault{fault_kind::rejected, "AMOUNT_MISMATCH", "The amount is not the order's."};
    const auto owned = owned_of(o);
    if (owned == o.total_minor)
      o.status = order_status::cancelled;
    else
      finish(o, p);
    if (owned > 0) owe(o, p, owned, refund_reason::already_owned);
    co_return o;
  }

  task<bool> paid_back(payment_receipt p) override {
    const std::lock_guard lock{mutex_};
    bool settled = false;
    for (auto& [id, o] : all_)
      for (auto& r : o.refunds)
        if (r.provider == p.provider && r.reference == p.reference && r.amount_minor <= p.amount_minor &&
            r.currency == p.currency && !r.paid_back_at) {
          r.paid_back_at = time_.now();
          settled = true;
        }
    co_return settled;
  }

 private:
  static fault unknown() { return not_found(order_id{}); }
  static bool same_courses(const std::vector<order_item>& a, const std::vector<order_item>& b) {
    return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), [](const order_item& x, const order_item& y) {
      return x.course == y.course && x.price_minor == y.price_minor;
    });
  }
  static std::string numbered(const char* form, int n) {
    auto digits = std::to_string(n);
    return form + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  }

  order make(user_id buyer, std::vector<order_item> items, std::optional<billing_address> billing) {
    order o;
    o.id = order_id::make();
    o.buyer = buyer;
    o.order_number = numbered("ORD-2026-", ++made_);
    o.created_at = time_.now();
    o.version = 1;
    o.billing = std::move(billing);
    for (auto& item : items) {
      item.id = order_item_id::make();
      o.total_minor += item.price_minor;
    }
    o.subtotal_minor = o.total_minor;
    o.items = std::move(items);
    return all_[o.id] = std::move(o);
  }

  /// What the courses cost that the buyer has already.
  std::int64_t owned_of(const order& o) {
    const auto& mine = owned_[o.buyer];
    std::int64_t sum = 0;
    for (const auto& item : o.items)
      if (std::find(mine.begin(), mine.end(), item.course) != mine.end()) sum += item.price_minor;
    return sum;
  }

  void owe(order& o, const payment_receipt& p, std::int64_t amount_minor, refund_reason why) {
    for (const auto& known : o.refunds)
      if (known.reference == p.reference) return;
    o.refunds.push_back(
        {p.provider, p.reference, amount_minor, p.currency, std::string(name_of(why)), time_.now(), {}});
  }

  void finish(order& o, const payment_receipt& p) {
    o.status = order_status::completed;
    o.completed_at = time_.now();
    o.receipt_number = numbered("RCP-2026-", ++completed);
    o.payment_provider = p.provider;
    o.payment_reference = p.reference;
    ++o.version;
    carts_[o.buyer].clear();
  }

  const clock& time_;
  std::mutex mutex_;
  std::map<order_id, order> all_;
  std::map<user_id, std::vector<order_item>> carts_;
  std::map<user_id, std::vector<course_id>> owned_;
  int made_ = 0;
};

}  // namespace stoa::testing
