#include "actors/wishlist/wishlist_facade.hpp"

#include "actors/wishlist/wishlist_store.hpp"
#include "runtime/entity/entities.hpp"

namespace stoa::actors {
namespace {

class wishlist_facade final : public stoa::wishlists {
 public:
  explicit wishlist_facade(services& s) : services_(s), wishlists_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&wishlists_.home());
  }

  task<wishlist_ptr> get(user_id owner) override { return wishlists_.get(owner); }
  wishlist_ptr peek(user_id owner) const override { return wishlists_.peek(owner); }

  task<wishlist_item> add(user_id owner, course_id course) override {
    auto wanted = co_await services_.courses->get(course);
    co_await wishlist_rules::may_wish(*wanted);
    const add_to_wishlist command{course};
    co_return co_await wishlists_.ask(owner, command);
  }

  task<done> remove(user_id owner, wishlist_item_id item) override {
    return wishlists_.ask(owner, remove_from_wishlist{item});
  }

 private:
  services& services_;
  runtime::entities<wishlist_kind> wishlists_;
};

}  // namespace

std::unique_ptr<stoa::wishlists> make_wishlists(services& s) {
  auto facade = std::make_unique<wishlist_facade>(s);
  s.wishlists = facade.get();
  return facade;
}

}  // namespace stoa::actors
