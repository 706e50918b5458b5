//! Arrow streams written by hand, with whatever numbers a test wants.

use arrow_ipc::{
    BodyCompressionArgs, BodyCompressionMethod, Buffer, CompressionType, DictionaryBatchArgs,
    Endianness, FieldArgs, FieldNode, MessageArgs, MessageHeader, MetadataVersion, RecordBatchArgs,
    SchemaArgs, Struct_Args, Type,
};
use arrow_schema::{Field, Schema};
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};

/// What a record batch says.
#[derive(Default, Clone)]
pub(crate) struct Said {
    pub(crate) rows: i64,
    /// Length and nulls.
    pub(crate) nodes: Vec<(i64, i64)>,
    /// Offset and length.
    pub(crate) buffers: Vec<(i64, i64)>,
    pub(crate) zstd: bool,
    /// Said of the body, when it is not its length.
    pub(crate) body: Option<i64>,
}

fn message(
    mut builder: FlatBufferBuilder<'_>,
    kind: MessageHeader,
    header: WIPOffset<UnionWIPOffset>,
    said: Option<i64>,
    body: &[u8],
) -> Vec<u8> {
    let arguments = MessageArgs {
        version: MetadataVersion::V5,
        header_type: kind,
        header: Some(header),
        bodyLength: said.unwrap_or(body.len() as i64),
        custom_metadata: None,
    };
    let message = arrow_ipc::Message::create(&mut builder, &arguments);
    builder.finish(message, None);
    let mut head = builder.finished_data().to_vec();
    head.resize(head.len().div_ceil(8) * 8, 0);
    [&[0xFF; 4], &(head.len() as i32).to_le_bytes()[..], &head, body].concat()
}

/// The message that says what the columns are.
pub(crate) fn schema(fields: Vec<Field>) -> Vec<u8> {
    let stream = Vec::new();
    let writer = arrow_ipc::writer::StreamWriter::try_new(stream, &Schema::new(fields)).unwrap();
    writer.into_inner().map(|stream| stream[..stream.len() - 8].to_vec()).unwrap()
}

/// A schema of a struct in a struct, and so on.
pub(crate) fn deep_schema(levels: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let name = builder.create_string("x");
    let mut field = None;
    for _ in 0..levels {
        let of = arrow_ipc::Struct_::create(&mut builder, &Struct_Args {});
        let children: Vec<_> = field.into_iter().collect();
        let children = builder.create_vector(&children);
        let arguments = FieldArgs {
            name: Some(name),
            nullable: true,
            type_type: Type::Struct_,
            type_: Some(of.as_union_value()),
            children: Some(children),
            ..FieldArgs::default()
        };
        field = Some(arrow_ipc::Field::create(&mut builder, &arguments));
    }
    let fields: Vec<_> = field.into_iter().collect();
    let fields = builder.create_vector(&fields);
    let arguments = SchemaArgs {
        endianness: Endianness::Little,
        fields: Some(fields),
        ..SchemaArgs::default()
    };
    let schema = arrow_ipc::Schema::create(&mut builder, &arguments).as_union_value();
    message(builder, MessageHeader::Schema, schema, None, &[])
}

fn described<'b>(
    builder: &mut FlatBufferBuilder<'b>,
    said: &Said,
) -> WIPOffset<arrow_ipc::RecordBatch<'b>> {
    let nodes: Vec<FieldNode> =
        said.nodes.iter().map(|(length, nulls)| FieldNode::new(*length, *nulls)).collect();
    let buffers: Vec<Buffer> =
        said.buffers.iter().map(|(offset, length)| Buffer::new(*offset, *length)).collect();
    let nodes = builder.create_vector(&nodes);
    let buffers = builder.create_vector(&buffers);
    let compression = said.zstd.then(|| {
        let arguments = BodyCompressionArgs {
            codec: CompressionType::ZSTD,
            method: BodyCompressionMethod::BUFFER,
        };
        arrow_ipc::BodyCompression::create(builder, &arguments)
    });
    let arguments = RecordBatchArgs {
        length: said.rows,
        nodes: Some(nodes),
        buffers: Some(buffers),
        compression,
        variadicBufferCounts: None,
    };
    arrow_ipc::RecordBatch::create(builder, &arguments)
}

pub(crate) fn batch(said: &Said, body: &[u8]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let batch = described(&mut builder, said).as_union_value();
    message(builder, MessageHeader::RecordBatch, batch, said.body, body)
}

pub(crate) fn dictionary(said: &Said, longer: bool, body: &[u8]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let data = Some(described(&mut builder, said));
    let arguments = DictionaryBatchArgs { id: 0, data, isDelta: longer };
    let batch = arrow_ipc::DictionaryBatch::create(&mut builder, &arguments).as_union_value();
    message(builder, MessageHeader::DictionaryBatch, batch, said.body, body)
}

/// A packed buffer: what it says that it unpacks to, and its bytes.
pub(crate) fn packed(said: i64, bytes: &[u8]) -> Vec<u8> {
    [&said.to_le_bytes(), bytes].concat()
}
