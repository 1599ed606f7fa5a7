// What anybody sees who verifies a certificate.
#pragma once

#include <optional>
#include <string>

#include "certificate_rules.hpp"
#include "stoa/routes.hpp"

namespace stoa_plugin::certificates {

/// What a certificate says to those who have its code: no more than is printed on it, and whether it still counts.
struct verified {
  bool valid = false;
  std::string status;  ///< valid, revoked
  std::string certificate_number;
  std::string student_name;
  std::string course_title;
  std::string instructor_name;
  stoa::timestamp completed_at;
  stoa::timestamp issued_at;
  std::optional<stoa::timestamp> revoked_at;
};
BOOST_DESCRIBE_STRUCT(verified, (),
                      (valid, status, certificate_number, student_name, course_title, instructor_name, completed_at,
                       issued_at, revoked_at))
verified verified_of(const certificate& c);

/// A page for people, without scripts; null is one that nobody issued, and the page has the status 404.
stoa::reply page_of_verified(const verified* v);

}  // namespace stoa_plugin::certificates
