#include "actors/cart/cart_facade.hpp"

#include "actors/cart/cart_store.hpp"
#include "runtime/entity/entities.hpp"

namespace stoa::actors {
namespace {

class cart_facade final : public stoa::carts {
 public:
  explicit cart_facade(services& s) : services_(s), carts_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&carts_.home());
  }

  task<cart_ptr> get(user_id owner) override { return carts_.get(owner); }
  cart_ptr peek(user_id owner) const override { return carts_.peek(owner); }

  task<cart_item> add(user_id owner, course_id course) override {
    auto wanted = co_await services_.courses->get(course);
    auto buyer = co_await services_.enrollments->get(owner);
    co_await cart_rules::may_buy(*wanted, *buyer);
    const add_to_cart command{course};
    co_return co_await carts_.ask(owner, command);
  }

  task<done> remove(user_id owner, cart_item_id item) override { return carts_.ask(owner, remove_from_cart{item}); }
  task<done> clear(user_id owner) override { return carts_.ask(owner, clear_cart{}); }
  void refresh(user_id owner) override { carts_.refresh(owner); }
  task<done> reload(user_id owner) override { return carts_.reload(owner); }

 private:
  services& services_;
  runtime::entities<cart_kind> carts_;
};

}  // namespace

std::unique_ptr<stoa::carts> make_carts(services& s) {
  auto facade = std::make_unique<cart_facade>(s);
  s.carts = facade.get();
  return facade;
}

}  // namespace stoa::actors
