// Who gets a certificate, what is written on it, and who may look at it. No database.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/areas/certificates.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/caller.hpp"
#include "stoa/result.hpp"

namespace stoa_plugin::certificates {

/// What was issued. Names and titles are those of that day.
struct certificate {
  stoa::certificate_id id;
  stoa::user_id user;
  stoa::enrollment_id enrollment;
  stoa::course_id course;
  std::string number;
  std::string code;  ///< as it is stored, see new_code
  std::string student_name;
  std::string course_title;
  std::string instructor_name;
  stoa::timestamp completed_at;
  stoa::timestamp issued_at;
  std::optional<stoa::timestamp> revoked_at;
  std::string revoked_reason;

  bool revoked() const { return revoked_at.has_value(); }
};
BOOST_DESCRIBE_STRUCT(certificate, (),
                      (id, user, enrollment, course, number, code, student_name, course_title, instructor_name,
                       completed_at, issued_at, revoked_at, revoked_reason))

struct certificate_limits {
  static constexpr std::size_t reason = 500;
};

/// A certificate of that enrolment, without number and code. Faults: COURSE_NOT_COMPLETED and CERTIFICATE_NOT_OFFERED
/// (rejected), NAME_MISSING (rejected) where nobody knows what to write on it. Who completed a course has it, also when
/// it has grown since.
stoa::result<certificate> drawn_up(const stoa::enrollment& e, const stoa::course& c, const stoa::account& who,
                                   stoa::timestamp now);

/// `CERT-2026-000001`; longer beyond a million of a year.
std::string number_of(int year, std::int64_t n);
/// In UTC.
int year_of(stoa::timestamp t);

/// 125 random bits as 25 letters and digits that cannot be mistaken for one another.
std::string new_code();
/// In groups of five, as it is printed and as it stands in addresses.
std::string grouped(std::string_view code);
/// Where it is verified, below the place of a dialect.
std::string verification_path(std::string_view code);
/// What somebody typed, as it would be stored: with or without dashes, in either case, `o` for `0` and so on. Empty
/// where it cannot be a code.
std::string code_typed(std::string_view text);

/// One's own; administrators see all.
bool may_see(const certificate& c, const stoa::caller& who);
/// Faults: CERTIFICATE_REVOKED (conflict).
stoa::result<stoa::done> must_count(const certificate& c);

/// Whether a client that sends that `Accept` header would rather have a page than JSON.
bool prefers_page(std::string_view accept);

stoa::fault unknown_certificate();  ///< CERTIFICATE_NOT_FOUND

}  // namespace stoa_plugin::certificates
