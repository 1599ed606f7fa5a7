// Certificates: who has finished which course, on paper. Offered by a plugin, so they may not be there.
#pragma once

#include <boost/describe.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area certificates{"certificates", 1};
}

using certificate_id = id<struct certificate_tag>;

/// A certificate that counts: issued, and not revoked.
struct held_certificate {
  certificate_id id;
  enrollment_id enrollment;
  std::string number;  ///< `CERT-2026-000001`
  timestamp issued_at;
  std::string verification_path;  ///< where anybody can verify it, below the place of every dialect that shows it
};
BOOST_DESCRIBE_STRUCT(held_certificate, (), (id, enrollment, number, issued_at, verification_path))

/// All of one person: immutable, shared by readers.
struct held_certificates {
  std::vector<held_certificate> all;  ///< oldest first

  /// The one of that enrolment; null where there is none. Lives as long as these.
  const held_certificate* find(enrollment_id enrollment) const;
};
using held_certificates_ptr = std::shared_ptr<const held_certificates>;

/// What somebody has earned. Look it up whenever it is needed (`find`): the plugin may be taken out of service.
class certificates {
 public:
  static constexpr interface_id interface { areas::certificates, "certificates" };
  virtual ~certificates();

  /// All certificates of one person that count, none for whoever has none. From memory where they were asked for
  /// before: one lookup for a whole list of enrolments. Behind what another server wrote by less than a second. Any
  /// thread; `unavailable` while the database is away.
  virtual task<held_certificates_ptr> of(user_id user) = 0;
};

// -- events

/// What every event of a certificate tells.
struct certificate_facts {
  stoa::certificate_id certificate_id;
  std::string certificate_number;
  stoa::enrollment_id enrollment_id;
  stoa::course_id course_id;
  std::string course_title;
};
BOOST_DESCRIBE_STRUCT(certificate_facts, (),
                      (certificate_id, certificate_number, enrollment_id, course_id, course_title))

/// An event: somebody got the certificate of a course that they completed.
struct certificate_issued : certificate_facts {
  static constexpr std::string_view kind = "certificate.issued";
  static constexpr std::string_view about = "Somebody got the certificate of a course that they completed.";
  static constexpr std::string_view entity = "the certificate";
};
BOOST_DESCRIBE_STRUCT(certificate_issued, (certificate_facts), ())

/// An event: an administrator revoked a certificate.
struct certificate_revoked : certificate_facts {
  static constexpr std::string_view kind = "certificate.revoked";
  static constexpr std::string_view about = "An administrator revoked a certificate.";
  static constexpr std::string_view entity = "the certificate";
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(certificate_revoked, (certificate_facts), (reason))

}  // namespace stoa
