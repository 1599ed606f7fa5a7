#include "actors/actors.hpp"
#include "actors/cart/cart_facade.hpp"
#include "actors/cart/cart_rules.hpp"
#include "actors/cart/cart_store.hpp"
#include "actors/course_list.hpp"

namespace stoa::actors {
namespace {

struct cart_kind {
  using interface = cart_actor;
  using list = cart;
  using item = cart_item;
  using item_id = cart_item_id;
  static constexpr const char* name = "cart";
  static constexpr const statement& load = cart_store::load;
  static constexpr const statement& add_item = cart_store::add_item;
  static constexpr const statement& remove_item = cart_store::remove_item;
  static constexpr auto add = cart_rules::add;
  static constexpr auto find = cart_rules::find;
  static constexpr auto read = cart_store::read;
  static values adding(const cart& to, const cart_item& i) {
    return {to.owner.str(), to.id, i.added_at, to.version, i.id, i.course};
  }
};

class cart_entity final : public course_list_entity<cart_kind> {
 public:
  using course_list_entity::course_list_entity;

  task<done> clear() {
    if (current_->items.empty()) co_return done{};
    const auto now = services_.time.now();
    values v{owner_.str(), now, current_->version};
    auto writing = write(cart_store::clear, std::move(v));
    auto row = co_await std::move(writing);
    cart next = *current_;
    next.items.clear();
    commit(std::move(next), row, now);
    co_return done{};
  }
};

cart_actor::behavior_type cart_behavior(cart_actor::stateful_pointer<runtime::held<cart_entity>> self, services* s,
                                        cart_entity::snapshots* published, user_id owner) {
  auto& me = self->state.emplace(self, *s, *published, owner);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](read_cart) { return me.enqueue<cart_ptr>([&me] { return me.read(); }); },
      [&me](add_to_cart c) { return me.enqueue<cart_item>([&me, c] { return me.add(c.course); }); },
      [&me](remove_from_cart c) { return me.enqueue<done>([&me, c] { return me.remove(c.item); }); },
      [&me](clear_cart) { return me.enqueue<done>([&me] { return me.clear(); }); },
      [&me](refresh_cart) { me.forget_and_reload(); },
      [&me](reload_cart) { return me.enqueue<done>([&me] { return me.reload(); }); },
  };
}

class cart_facade final : public stoa::carts {
 public:
  explicit cart_facade(services& s)
      : services_(s), directory_("cart", s.actors, s.time, [this](const user_id& owner) {
          return services_.actors.caf().spawn(cart_behavior, &services_, &published_, owner);
        }) {
    s.directories.push_back(&directory_);
  }

  task<cart_ptr> get(user_id owner) override {
    if (auto ready = published_.find(owner)) co_return ready;
    co_return co_await directory_.ask<cart_ptr>(owner, read_cart{});
  }

  cart_ptr peek(user_id owner) const override { return published_.find(owner); }

  task<cart_item> add(user_id owner, course_id course) override {
    auto wanted = co_await services_.courses->get(course);
    auto buyer = co_await services_.enrollments->get(owner);
    co_await cart_rules::may_buy(*wanted, *buyer);
    co_return co_await directory_.ask<cart_item>(owner, add_to_cart{course});
  }

  task<done> remove(user_id owner, cart_item_id item) override {
    co_return co_await directory_.ask<done>(owner, remove_from_cart{item});
  }

  task<done> clear(user_id owner) override { co_return co_await directory_.ask<done>(owner, clear_cart{}); }

  void refresh(user_id owner) override {
    if (auto live = directory_.peek(owner)) caf::anon_send(live, refresh_cart{});
  }

  task<done> reload(user_id owner) override { co_return co_await directory_.ask<done>(owner, reload_cart{}); }

 private:
  services& services_;
  cart_entity::snapshots published_;
  runtime::directory<user_id, cart_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::carts> make_carts(services& s) {
  auto facade = std::make_unique<cart_facade>(s);
  s.carts = facade.get();
  return facade;
}

}  // namespace stoa::actors
