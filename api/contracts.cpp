#include "api/contracts.hpp"

#include "api/apranova/auth.hpp"
#include "api/apranova/policy.hpp"
#include "api/classic/auth.hpp"
#include "api/classic/policy.hpp"
#include "api/learnflow/auth.hpp"
#include "api/learnflow/authoring.hpp"
#include "api/learnflow/cart.hpp"
#include "api/learnflow/courses.hpp"
#include "api/learnflow/dashboard.hpp"
#include "api/learnflow/enrollments.hpp"
#include "api/learnflow/orders.hpp"
#include "api/learnflow/policy.hpp"
#include "api/learnflow/reviews.hpp"
#include "api/learnflow/wishlist.hpp"
#include "api/lms/auth.hpp"
#include "api/lms/policy.hpp"
#include "api/unpuzzle/auth.hpp"
#include "api/unpuzzle/policy.hpp"

namespace stoa::api {

std::vector<contract> make_contracts(stoa::domain& domain, const stoa::clock& clock,
                                     const runtime::settings& settings) {
  std::vector<contract> out;

  auto& flow = out.emplace_back(contract{learnflow::policy(settings.limits), {}}).routes;
  learnflow::add_auth_routes(flow, domain, clock);
  learnflow::add_course_routes(flow, domain, clock);
  learnflow::add_review_routes(flow, domain, clock);
  learnflow::add_authoring_routes(flow, domain, clock);
  learnflow::add_cart_routes(flow, domain);
  learnflow::add_wishlist_routes(flow, domain);
  learnflow::add_order_routes(flow, domain);
  learnflow::add_enrollment_routes(flow, domain, clock);
  learnflow::add_dashboard_routes(flow, domain, clock);

  auto& puzzle = out.emplace_back(contract{unpuzzle::policy(settings.limits), {}}).routes;
  unpuzzle::add_auth_routes(puzzle, domain, clock, settings.security.cookie_secure);

  auto& lms = out.emplace_back(contract{lms::policy(settings.limits), {}}).routes;
  lms::add_auth_routes(lms, domain, clock);

  auto& classic = out.emplace_back(contract{classic::policy(settings.limits), {}}).routes;
  classic::add_auth_routes(classic, domain, clock);

  auto& nova = out.emplace_back(contract{apranova::policy(settings.limits), {}}).routes;
  apranova::add_auth_routes(nova, domain, clock);

  return out;
}

}  // namespace stoa::api
