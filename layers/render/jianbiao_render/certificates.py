"""From a stored certificate to what people hold: its face, its files and its share page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.citizen_records import Share
from jianbiao.domain.certificate import State
from jianbiao.domain.policy import Policy
from jianbiao.records import Certificate
from jianbiao.services.share import Rendering
from jianbiao.wire.code_text import code_text
from jianbiao_render import looks
from jianbiao_render.face import Face

DESIGN = "2"
"""Version of the design: raise it with every change of a face, or files of the old design go on being served."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces of one deployment's certificates. `watermark` marks every deployment that is not production."""

    base_url: str
    watermark: str | None

    def face(self, certificate: Certificate, policy: Policy) -> Face:
        """What the face of a certificate shows."""
        claims = certificate.claims
        colour, rgb = policy.ground_colour(certificate.valid_until.year)
        return Face(
            plate=claims.plate,
            plate_class=policy.coded("plate_classes", claims.plate_class),
            valid_until=certificate.valid_until,
            issuer=policy.issuer(claims.iss),
            certificate_id=certificate.certificate_id,
            issued_at=claims.iat,
            code=code_text(self.base_url, certificate.data),
            replaces=certificate.issuance.supersedes,
            watermark=self.watermark,
            ground=colour.code if colour.code in looks.ground_names() else rgb,
        )

    def version(self, certificate: Certificate, policy: Policy) -> str:
        """Names the files of a certificate: the design, and a digest of everything that is drawn."""
        drawn = repr(self.face(certificate, policy)).encode()
        return f"{DESIGN}-{hashlib.sha256(drawn).hexdigest()[:32]}"

    def svg(self, certificate: Certificate, policy: Policy) -> bytes:
        """The face as SVG."""
        from jianbiao_render.svg import svg

        return svg(self.face(certificate, policy)).encode()

    def png(self, certificate: Certificate, policy: Policy) -> bytes:
        """The face as PNG."""
        from jianbiao_render.png import png

        return png(self.face(certificate, policy))

    def pdf(self, certificate: Certificate, policy: Policy) -> bytes:
        """The page to print, with the mark to cut out."""
        from jianbiao_render.pdf import pdf

        return pdf(self.face(certificate, policy))

    def renderings(self) -> dict[str, Rendering]:
        """The formats that can be downloaded."""
        kinds: dict[str, tuple[str, Callable[[Certificate, Policy], bytes]]] = {
            "pdf": ("application/pdf", self.pdf),
            "png": ("image/png", self.png),
            "svg": ("image/svg+xml", self.svg),
        }
        return {
            format_: Rendering(self.version, content_type, _named(format_), render)
            for format_, (content_type, render) in kinds.items()
        }

    def share_page(
        self, share: Share, certificate: Certificate, policy: Policy, *, lang: str, page_url: str, now: int
    ) -> str:
        """The page of a share link."""
        from jianbiao_render import pages
        from jianbiao_render.svg import svg

        face = self.face(certificate, policy)
        shared = pages.Shared(
            svg=svg(face),
            suspended=certificate.status == State.SUSPENDED,
            valid_until=face.valid_until,
            state_as_of=now,
            expires_at=share.expires_at,
            pdf_url=f"{page_url}?format=pdf",
            png_url=f"{page_url}?format=png",
            verify_url=face.code,
        )
        return pages.share_page(shared, lang, page_url, notice=self.watermark)


def _named(format_: str) -> Callable[[Certificate], str]:
    def file_name(certificate: Certificate) -> str:
        return f"检验标志-{certificate.claims.plate}-{certificate.valid_until.isoformat()}.{format_}"

    return file_name
