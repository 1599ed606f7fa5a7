// Every typed actor interface of the domain, in one place: who may be told what.
//
// A command is a plain struct; a reply is a result of it. An interface extends runtime::entity_base_actor. The structs
// live with their entity; their type ids are listed here because CAF wants one block.
#pragma once

#include <caf/typed_actor.hpp>

#include "actors/account/account.hpp"
#include "actors/cart/cart.hpp"
#include "actors/catalog/catalog_commands.hpp"
#include "actors/course/course_commands.hpp"
#include "actors/enrollment/enrollment.hpp"
#include "actors/order/order_commands.hpp"
#include "actors/session/session.hpp"
#include "actors/session/sign_in_guard.hpp"
#include "actors/wishlist/wishlist.hpp"
#include "runtime/actor/messages.hpp"
#include "runtime/entity/interface.hpp"

/// Declares a message type of the domain: known by id, never leaving this process.
#define STOA_MESSAGE(...) CAF_ADD_TYPE_ID(stoa_actors, (__VA_ARGS__))

CAF_BEGIN_TYPE_ID_BLOCK(stoa_actors, caf::id_block::stoa_runtime::end)
STOA_MESSAGE(stoa::result<stoa::done>)
// order
STOA_MESSAGE(stoa::actors::place_order)
STOA_MESSAGE(stoa::actors::complete_order)
STOA_MESSAGE(stoa::result<stoa::created_order>)
STOA_MESSAGE(stoa::result<stoa::order>)
// course
STOA_MESSAGE(stoa::actors::read_course)
STOA_MESSAGE(stoa::actors::change_course)
STOA_MESSAGE(stoa::actors::set_course_status)
STOA_MESSAGE(stoa::actors::put_section)
STOA_MESSAGE(stoa::actors::drop_section)
STOA_MESSAGE(stoa::actors::put_lesson)
STOA_MESSAGE(stoa::actors::drop_lesson)
STOA_MESSAGE(stoa::actors::post_course_review)
STOA_MESSAGE(stoa::actors::vote_review_helpful)
STOA_MESSAGE(stoa::actors::refresh_course)
STOA_MESSAGE(stoa::actors::refresh_course_numbers)
STOA_MESSAGE(stoa::result<stoa::course_ptr>)
STOA_MESSAGE(stoa::result<stoa::section>)
STOA_MESSAGE(stoa::result<stoa::lesson>)
STOA_MESSAGE(stoa::result<stoa::review>)
// catalog
STOA_MESSAGE(stoa::actors::make_catalog_page)
STOA_MESSAGE(stoa::result<stoa::catalog_page_ptr>)
CAF_END_TYPE_ID_BLOCK(stoa_actors)

#define STOA_LOCAL(T) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::actors::T)
STOA_LOCAL(place_order)
STOA_LOCAL(complete_order)
STOA_LOCAL(read_course)
STOA_LOCAL(change_course)
STOA_LOCAL(set_course_status)
STOA_LOCAL(put_section)
STOA_LOCAL(drop_section)
STOA_LOCAL(put_lesson)
STOA_LOCAL(drop_lesson)
STOA_LOCAL(post_course_review)
STOA_LOCAL(vote_review_helpful)
STOA_LOCAL(refresh_course)
STOA_LOCAL(refresh_course_numbers)
STOA_LOCAL(make_catalog_page)
#undef STOA_LOCAL
#undef STOA_MESSAGE

namespace stoa::actors {

/// ACCOUNT `account/<user>`: one person's profile, roles and password. actors/account/account.hpp.
using account_actor = runtime::entity_actor<account_kind>;

/// SESSION `session/<id>`: the rotation of one sign-in's refresh tokens. actors/session/session.hpp.
using session_actor = runtime::entity_actor<session_kind>;

/// SIGN-IN GUARD `sign_in/<identifier>`: failed attempts at one identifier. actors/session/sign_in_guard.hpp.
using sign_in_guard_actor = runtime::entity_actor<sign_in_guard_kind>;

/// CART `cart/<user>`: what one person means to buy. Its commands stand in actors/cart/cart.hpp.
using cart_actor = runtime::entity_actor<cart_kind>;

/// WISHLIST `wishlist/<user>`: what one person dreams of. Its commands stand in actors/wishlist/wishlist.hpp.
using wishlist_actor = runtime::entity_actor<wishlist_kind>;

/// ENROLLMENT `enrollment/<user>`: all that one person learns. Its commands stand in actors/enrollment/enrollment.hpp.
using learner_actor = runtime::entity_actor<learner_kind>;

/// ORDER `order/<user>`: one buyer's checkouts, one after another.
using order_actor = runtime::entity_base_actor::extend<
    // The pending order of the cart as it stands.
    caf::replies_to<place_order>::with<result<created_order>>,
    // Takes a payment: order, receipt, enrolments and cart in one transaction.
    caf::replies_to<complete_order>::with<result<order>>>;

/// COURSE `course/<id>`: a course with its sections, lessons, reviews and numbers; the owner of every write to them.
using course_actor = runtime::entity_base_actor::extend<
    // The course as it stands.
    caf::replies_to<read_course>::with<result<course_ptr>>,
    // Changes what the instructor writes about it.
    caf::replies_to<change_course>::with<result<course_ptr>>,
    // Publishes it or takes it back.
    caf::replies_to<set_course_status>::with<result<course_ptr>>,
    // Adds or changes a section; its siblings move.
    caf::replies_to<put_section>::with<result<section>>,
    // Takes a section out with its lessons.
    caf::replies_to<drop_section>::with<result<done>>,
    // Adds or changes a lesson; its siblings move.
    caf::replies_to<put_lesson>::with<result<lesson>>,
    // Takes a lesson out.
    caf::replies_to<drop_lesson>::with<result<done>>,
    // Takes a learner's review and counts its rating.
    caf::replies_to<post_course_review>::with<result<review>>,
    // Counts that somebody finds a review helpful, once.
    caf::replies_to<vote_review_helpful>::with<result<review>>,
    // Reads the rows again: another owner's transaction changed them.
    caf::reacts_to<refresh_course>,
    // Reads the numbers again; requests that come meanwhile are one.
    caf::reacts_to<refresh_course_numbers>>;

/// CATALOGUE `catalog/<0..15>`: makes the pages whose query falls to it, each once per version.
using catalog_actor = runtime::entity_base_actor::extend<
    // The page of a normalised query.
    caf::replies_to<make_catalog_page>::with<result<catalog_page_ptr>>>;

}  // namespace stoa::actors
