// The one type in which the domain says no.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "stoa/time.hpp"

namespace stoa {

/// What sort of refusal it is. Each dialect maps a kind to its own status and envelope, in one place.
enum class fault_kind {
  malformed,           ///< the body is not what its content type says: 400
  invalid,             ///< fields fail validation: 422, or 400 where a dialect documents that
  rejected,            ///< well formed, but the state of things forbids it: 400
  unauthenticated,     ///< no or no valid credentials: 401
  payment_required,    ///< 402; 400 where a dialect documents none
  forbidden,           ///< 403
  not_found,           ///< 404
  method_not_allowed,  ///< 405
  conflict,            ///< 409
  too_large,           ///< 413
  unsupported_media,   ///< 415
  unprocessable,       ///< 422 in every dialect (an idempotency key reused for another body)
  locked,              ///< an account is locked: 423, or the dialect's documented form
  too_many,            ///< 429
  internal,            ///< 500
  unavailable,         ///< 503
};

/// A complaint about one field of a body or query. `field` is the wire name, dotted for nested ones.
struct field_error {
  std::string field;
  std::string message;
  std::string rule = "invalid";  ///< for machines: `required`, `type`, `email`, `length`, `range`, `choice`, ...
};
BOOST_DESCRIBE_STRUCT(field_error, (), (field, message, rule))

/// A refusal: data, not an exception. It travels from the rules to the dialect unchanged.
struct fault {
  fault_kind kind = fault_kind::internal;
  std::string code;     ///< for machines: `COURSE_NOT_FOUND`
  std::string message;  ///< for people; never holds SQL, paths or secrets
  std::vector<field_error> fields;
  std::optional<seconds> retry_after;
  /// Further members a dialect documents for this refusal, e.g. {"actual_role", "student"}.
  std::vector<std::pair<std::string, std::string>> extra;

  fault() = default;
  /// Kind, machine code in capitals, and a sentence for people.
  fault(fault_kind k, std::string c, std::string m) : kind(k), code(std::move(c)), message(std::move(m)) {}

  /// A validation refusal of one field.
  static fault field(std::string name, std::string why);
  /// A validation refusal of several fields.
  static fault invalid(std::vector<field_error> errors);
  /// 503 with a hint when to come back.
  static fault unavailable(std::string what, seconds retry = seconds{1});
};

BOOST_DESCRIBE_STRUCT(fault, (), (kind, code, message, fields, retry_after, extra))

/// Carries a fault through code that can only throw; `task` turns it back into a fault.
class fault_error : public std::runtime_error {
 public:
  /// Its what() is `CODE: message`.
  explicit fault_error(fault f);
  ~fault_error() override;
  /// Lives as long as the exception.
  const fault& what_fault() const noexcept { return fault_; }

 private:
  fault fault_;
};

}  // namespace stoa
