#include "stoa/fault.hpp"

namespace stoa {

fault fault::field(std::string name, std::string why) {
  fault f{fault_kind::invalid, "VALIDATION_ERROR", why};
  f.fields.push_back({std::move(name), std::move(why)});
  return f;
}

fault fault::invalid(std::vector<field_error> errors) {
  fault f{fault_kind::invalid, "VALIDATION_ERROR", "Validation failed."};
  f.fields = std::move(errors);
  return f;
}

fault fault::unavailable(std::string what, seconds retry) {
  fault f{fault_kind::unavailable, "SERVICE_UNAVAILABLE", std::move(what)};
  f.retry_after = retry;
  return f;
}

fault_error::fault_error(fault f) : std::runtime_error(f.code + ": " + f.message), fault_(std::move(f)) {}
fault_error::~fault_error() = default;

}  // namespace stoa
