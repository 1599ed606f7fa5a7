#include "actors/facades.hpp"

#include "actors/wishlist/wishlist_store.hpp"
#include "runtime/entity/entities.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {
namespace {

class wishlist_facade final : public stoa::wishlists {
 public:
  explicit wishlist_facade(services& s) : courses_(s.areas), wishlists_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&wishlists_.home());
    s.observers.push_back(observe<wishlist_changed>("wishlists", [this](const heard<wishlist_changed>& e) {
      if (!e.here && e.user) wishlists_.refresh(*e.user);
    }));
  }

  task<wishlist_ptr> get(user_id owner) override { return wishlists_.get(owner); }
  wishlist_ptr peek(user_id owner) const override { return wishlists_.peek(owner); }

  task<wishlist_item> add(user_id owner, course_id course) override {
    auto wanted = co_await courses_->get(course);
    co_await wishlist_rules::may_wish(*wanted);
    const add_to_wishlist command{course};
    co_return co_await wishlists_.ask(owner, command);
  }

  task<done> remove(user_id owner, wishlist_item_id item) override {
    return wishlists_.ask(owner, remove_from_wishlist{item});
  }

 private:
  use_of<stoa::courses> courses_;
  runtime::entities<wishlist_kind> wishlists_;
};

}  // namespace

void offer_wishlists(services& s) { s.areas.offer<stoa::wishlists>(std::make_shared<wishlist_facade>(s)); }

}  // namespace stoa::actors
