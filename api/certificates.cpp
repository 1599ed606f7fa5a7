#include "api/certificates.hpp"

namespace stoa::api {

task<held_certificates_ptr> certificates_of(const domain& d, user_id user) {
  const auto issuing = d.certificates();
  if (!issuing) co_return held_certificates_ptr();
  auto held = co_await as_result(issuing->of(user));
  if (!held) co_return held_certificates_ptr();
  co_return std::move(held).value();
}

std::int64_t number_of(const held_certificates_ptr& held) {
  return held ? static_cast<std::int64_t>(held->all.size()) : 0;
}

wire::shown_url certificate_url(const held_certificates_ptr& held, enrollment_id enrollment, const request& q) {
  const auto* one = held ? held->find(enrollment) : nullptr;
  return one ? q.base_url + one->verification_path : std::string();
}

}  // namespace stoa::api
