#include "actors/facades.hpp"

#include "actors/cart/cart_store.hpp"
#include "runtime/entity/entities.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/orders.hpp"

namespace stoa::actors {
namespace {

class cart_facade final : public stoa::carts {
 public:
  explicit cart_facade(services& s) : courses_(s.areas), enrollments_(s.areas), carts_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&carts_.home());
    // What another process wrote: the cart itself, or an order that emptied it.
    const auto reread = [this](const auto& e) {
      if (!e.here && e.user) carts_.refresh(*e.user);
    };
    s.observers.push_back(
        observe<cart_item_added, cart_item_removed, cart_cleared, order_created, payment_completed>("carts", reread));
  }

  task<cart_ptr> get(user_id owner) override { return carts_.get(owner); }
  cart_ptr peek(user_id owner) const override { return carts_.peek(owner); }

  task<cart_item> add(user_id owner, course_id course) override {
    auto wanted = co_await courses_->get(course);
    auto buyer = co_await enrollments_->get(owner);
    co_await cart_rules::may_buy(*wanted, *buyer);
    const add_to_cart command{course};
    co_return co_await carts_.ask(owner, command);
  }

  task<done> remove(user_id owner, cart_item_id item) override { return carts_.ask(owner, remove_from_cart{item}); }
  task<done> clear(user_id owner) override { return carts_.ask(owner, clear_cart{}); }
  void refresh(user_id owner) override { carts_.refresh(owner); }
  task<done> reload(user_id owner) override { return carts_.reload(owner); }

 private:
  use_of<stoa::courses> courses_;
  use_of<stoa::enrollments> enrollments_;
  runtime::entities<cart_kind> carts_;
};

}  // namespace

void offer_carts(services& s) { s.areas.offer<stoa::carts>(std::make_shared<cart_facade>(s)); }

}  // namespace stoa::actors
