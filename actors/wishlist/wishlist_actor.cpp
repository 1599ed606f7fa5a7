#include "actors/actors.hpp"
#include "actors/course_list.hpp"
#include "actors/wishlist/wishlist_facade.hpp"
#include "actors/wishlist/wishlist_rules.hpp"
#include "actors/wishlist/wishlist_store.hpp"

namespace stoa::actors {
namespace {

struct wishlist_kind {
  using interface = wishlist_actor;
  using list = wishlist;
  using item = wishlist_item;
  using item_id = wishlist_item_id;
  static constexpr const char* name = "wishlist";
  static constexpr const statement& load = wishlist_store::load;
  static constexpr const statement& add_item = wishlist_store::add_item;
  static constexpr const statement& remove_item = wishlist_store::remove_item;
  static constexpr auto add = wishlist_rules::add;
  static constexpr auto find = wishlist_rules::find;
  static constexpr auto read = wishlist_store::read;
  static values adding(const wishlist& to, const wishlist_item& i) {
    return {to.owner.str(), i.added_at, to.version, i.id, i.course};
  }
};

using wishlist_entity = course_list_entity<wishlist_kind>;

wishlist_actor::behavior_type wishlist_behavior(wishlist_actor::stateful_pointer<runtime::held<wishlist_entity>> self,
                                                services* s, wishlist_entity::snapshots* published, user_id owner) {
  auto& me = self->state.emplace(self, *s, *published, owner);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](read_wishlist) { return me.enqueue<wishlist_ptr>([&me] { return me.read(); }); },
      [&me](add_to_wishlist c) { return me.enqueue<wishlist_item>([&me, c] { return me.add(c.course); }); },
      [&me](remove_from_wishlist c) { return me.enqueue<done>([&me, c] { return me.remove(c.item); }); },
  };
}

class wishlist_facade final : public stoa::wishlists {
 public:
  explicit wishlist_facade(services& s)
      : services_(s), directory_("wishlist", s.actors, s.time, [this](const user_id& owner) {
          return services_.actors.caf().spawn(wishlist_behavior, &services_, &published_, owner);
        }) {
    s.directories.push_back(&directory_);
  }

  task<wishlist_ptr> get(user_id owner) override {
    if (auto ready = published_.find(owner)) co_return ready;
    co_return co_await directory_.ask<wishlist_ptr>(owner, read_wishlist{});
  }

  wishlist_ptr peek(user_id owner) const override { return published_.find(owner); }

  task<wishlist_item> add(user_id owner, course_id course) override {
    auto wanted = co_await services_.courses->get(course);
    co_await wishlist_rules::may_wish(*wanted);
    co_return co_await directory_.ask<wishlist_item>(owner, add_to_wishlist{course});
  }

  task<done> remove(user_id owner, wishlist_item_id item) override {
    co_return co_await directory_.ask<done>(owner, remove_from_wishlist{item});
  }

 private:
  services& services_;
  wishlist_entity::snapshots published_;
  runtime::directory<user_id, wishlist_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::wishlists> make_wishlists(services& s) {
  auto facade = std::make_unique<wishlist_facade>(s);
  s.wishlists = facade.get();
  return facade;
}

}  // namespace stoa::actors
