// The areas that handlers ask, looked up once.
#pragma once

#include "actors/account/accounts.hpp"
#include "stoa/areas/carts.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/certificates.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/areas/tracks.hpp"
#include "stoa/registry.hpp"

namespace stoa {

class identities;
class identity_broker;

struct domain {
  /// Throws registry_error where an area is not offered.
  explicit domain(const registry& offered)
      : accounts(offered.use<stoa::accounts>()),
        courses(offered.use<stoa::courses>()),
        catalog(offered.use<stoa::catalog>()),
        carts(offered.use<stoa::carts>()),
        wishlists(offered.use<stoa::wishlists>()),
        enrollments(offered.use<stoa::enrollments>()),
        orders(offered.use<stoa::orders>()),
        quizzes(offered.use<stoa::quizzes>()),
        attempts(offered.use<stoa::attempts>()),
        tracks(offered.use<stoa::tracks>()),
        offered_(offered) {}

  stoa::accounts& accounts;
  stoa::courses& courses;
  stoa::catalog& catalog;
  stoa::carts& carts;
  stoa::wishlists& wishlists;
  stoa::enrollments& enrollments;
  stoa::orders& orders;
  stoa::quizzes& quizzes;
  stoa::attempts& attempts;
  stoa::tracks& tracks;

  /// Of a plugin: null where none offers them now.
  std::shared_ptr<stoa::certificates> certificates() const { return offered_.find<stoa::certificates>(); }
  /// The same of who speaks with identity providers.
  std::shared_ptr<identity_broker> identity() const;
  /// What a claim of theirs opens.
  stoa::identities& identities() const;

 private:
  const registry& offered_;
};

}  // namespace stoa
