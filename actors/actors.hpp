// Every kind of live entity of the domain, in one place; each one's commands stand, with a comment each, at its kind.
// The host in runtime/entity derives the typed actors from them. Orders are scripts and catalogue pages a read model:
// neither is here.
#pragma once

#include "actors/account/account.hpp"
#include "actors/attempt/attempt.hpp"
#include "actors/cart/cart.hpp"
#include "actors/course/course.hpp"
#include "actors/enrollment/enrollment.hpp"
#include "actors/quiz/quiz.hpp"
#include "actors/session/session.hpp"
#include "actors/session/sign_in_guard.hpp"
#include "actors/wishlist/wishlist.hpp"

namespace stoa::actors {

template <class... Kinds>
struct kind_list {};

using all_kinds = kind_list<
    // ACCOUNT `account/<user>`: one person's profile, roles and password.
    account_kind,
    // SESSION `session/<id>`: the rotation of one sign-in's refresh tokens.
    session_kind,
    // SIGN-IN GUARD `sign_in/<identifier>`: failed attempts at one identifier, whether or not anybody has it.
    sign_in_guard_kind,
    // CART `cart/<user>`: what one person means to buy.
    cart_kind,
    // WISHLIST `wishlist/<user>`: what one person dreams of.
    wishlist_kind,
    // ENROLLMENT `enrollment/<user>`: all that one person learns.
    learner_kind,
    // COURSE `course/<id>`: a course with its sections, lessons, reviews and numbers.
    course_kind,
    // QUIZ `quiz/<id>`: a quiz with its questions.
    quiz_kind,
    // ATTEMPT `attempt/<id>`: one learner's attempt at a quiz, with its answers, clock and score.
    attempt_kind>;

}  // namespace stoa::actors
