// Every kind of event of the core, in one place. A new kind is declared in its area's header and named here.
#pragma once

#include <string>

#include "stoa/areas/carts.hpp"
#include "stoa/areas/certificates.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/identity.hpp"
#include "stoa/areas/notices.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/areas/quizzes.hpp"

namespace stoa {

template <event_facts... E>
struct event_list {};

using all_events =
    event_list<user_created, user_updated, user_signed_in, user_roles_changed, user_password_changed, user_mfa_changed,
               identity_linked, identity_unlinked, session_ended, sign_in_locked, sign_in_unlocked, course_created,
               course_updated, lesson_added, course_published, course_numbers_counted, review_posted, review_voted,
               review_replied, category_created, cart_item_added, cart_item_removed, cart_cleared, wishlist_changed,
               enrollment_created, lesson_completed, course_completed, learning_goal_set, order_created, order_expired,
               order_cancelled, payment_completed, payment_refund_due, notice_given, quiz_created, quiz_updated,
               quiz_published, quiz_deleted, attempt_started, attempt_closed, attempt_regraded, certificate_issued,
               certificate_revoked>;

/// `docs/events.md`: what `stoa events` prints.
std::string events_document();

}  // namespace stoa
