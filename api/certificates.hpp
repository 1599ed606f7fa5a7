// The certificates of people, for the answers that show them.
#pragma once

#include <cstdint>

#include "api/domain.hpp"
#include "stoa/routes.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::api {

/// What a person holds: one lookup for a whole list. Null where nobody issues certificates, or where they cannot be
/// asked now: a plugin's trouble is no reason to show no enrolments.
task<held_certificates_ptr> certificates_of(const domain& d, user_id user);

std::int64_t number_of(const held_certificates_ptr& held);
/// Where the enrolment's certificate is shown, in the dialect of the request; empty where there is none.
wire::shown_url certificate_url(const held_certificates_ptr& held, enrollment_id enrollment, const request& q);

}  // namespace stoa::api
